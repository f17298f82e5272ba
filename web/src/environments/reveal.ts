import { answered, client, problemText } from "../api/client";
import { toast } from "../ui/toast";

/** The value of a secret, or `null` after saying why not. The server records who asked. */
export async function reveal(environmentId: string, valueId: string): Promise<string | null> {
  try {
    const { value } = await answered(
      client.POST("/api/environments/{id}/values/{valueId}/reveal", {
        params: { path: { id: environmentId, valueId } },
      }),
    );
    return value;
  } catch (problem) {
    toast({ kind: "problem", text: problemText(problem) });
    return null;
  }
}
