import { kept } from "../app/storage";

/** The workspace this person had open last in this browser. */
export const lastWorkspace = kept("last-workspace", (json) => (typeof json === "string" ? json : null));
