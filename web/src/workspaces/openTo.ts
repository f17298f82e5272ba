import type { Workspace } from "../api/resources";

/** Who may open a workspace, to begin a sentence or to stand alone. */
export function openTo(kind: Workspace["kind"]): string {
  switch (kind) {
    case "personal":
      return "Its owner and the team's Super Admins";
    case "private":
      return "Whoever has a role in it and the team's Super Admins";
    case "team":
      return "Everyone in the team who works in workspaces";
    case "public":
      return "Everyone";
  }
}
