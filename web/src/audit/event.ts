import type { components } from "../api/schema";

export type AuditEvent = components["schemas"]["AuditEvent"];
type Field = components["schemas"]["AuditField"];
/** Who the people in events are now, by their ids. */
export type People = Record<string, components["schemas"]["Named"]>;

const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** When it was, in the time zone of who looks. */
export function timeText(at: number): string {
  return time.format(at);
}

/** `workspace.member.update` as "Workspace member update". */
export function actionText(action: string): string {
  const words = action.replace(/[.\-_]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Who did it, in words. */
export function actorText(event: AuditEvent, people: People): string {
  switch (event.actor.kind) {
    case "person": {
      const id = event.actor.id ?? "";
      return people[id]?.name ?? id;
    }
    case "operator":
      return "The operator of the machine";
    case "system":
      return "Bulla itself";
    default:
      return "Somebody not signed in";
  }
}

/** The thing it was done to, short enough for a list. */
export function targetText(event: AuditEvent, people: People): string {
  const person = event.target.kind === "person" ? people[event.target.id] : undefined;
  const name = person?.name ?? fieldText(event.changes?.["name"]?.after ?? event.changes?.["name"]?.before);
  return name ? `${event.target.kind} ${name}` : event.target.kind;
}

/** What a field held. */
export function fieldText(field: Field | null | undefined): string {
  if (!field) return "";
  if (field.sensitive != null) return "hidden";
  return field.text ?? (field.number == null ? "" : String(field.number));
}
