/** Made by build.mjs from the Sugar that is bundled. */
declare module "bulla:sugar-methods" {
  const methods: Record<string, string[]>;
  export default methods;
}
