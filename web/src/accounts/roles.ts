/** The team roles that a person may be given here, as the server names them. */
export const teamRoles = [
  { value: "developer", label: "Developer: works in workspaces" },
  { value: "admin", label: "Admin: members and settings" },
  { value: "billing", label: "Billing: plan and invoices" },
  { value: "community-manager", label: "Community Manager: what is public" },
  { value: "api-network-manager", label: "API Network Manager: the private API network" },
  { value: "super-admin", label: "Super Admin: everything" },
] as const;

export type TeamRole = (typeof teamRoles)[number]["value"];

/** A team role as people call it: `super-admin` is "Super Admin". */
export function teamRoleText(role: string): string {
  return role
    .split("-")
    .map((word) => (word === "api" ? "API" : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(" ");
}
