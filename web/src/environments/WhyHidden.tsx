import { WhyNot } from "../access/Lock";
import type { Environment } from "../api/resources";

/** Why somebody may not see the secret values of an environment, with a way to ask for a role. */
export function WhyHidden({ environment, onClose }: { environment: Environment; onClose: () => void }) {
  return (
    <WhyNot
      title="Why you can’t see this secret"
      question={{ action: "secret.reveal", kind: "environment", id: environment.id }}
      wanted={
        environment.kind === "globals"
          ? { kind: "workspace", id: environment.workspaceId }
          : { kind: "environment", id: environment.id }
      }
      first="viewer"
      onClose={onClose}
    />
  );
}
