/** The team roles that a person may be given here, as the server names them. */
export const teamRoles = [
  { value: "developer", label: "Developer: works in workspaces" },
  { value: "admin", label: "Admin: members and settings" },
  { value: "super-admin", label: "Super Admin: everything" },
] as const;

export type TeamRole = (typeof teamRoles)[number]["value"];

/** A team role as people call it: `super-admin` is "Super Admin". */
export function teamRoleText(role: string): string {
  return role
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}
