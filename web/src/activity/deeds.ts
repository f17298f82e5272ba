/** What was done, in words between who did it and to what. `kind` is what it was done to. */
export function deedText(action: string, kind: string): string {
  const what = kinds[kind] ?? "something";
  switch (action) {
    case "collection.create":
    case "environment.create":
    case "item.create":
      return `added the ${what}`;
    case "collection.import":
    case "environment.import":
      return `imported the ${what}`;
    case "collection.copy":
    case "environment.copy":
      return `copied from elsewhere the ${what}`;
    case "collection.copied":
    case "environment.copied":
      return `made a copy of the ${what}`;
    case "collection.update":
    case "environment.update":
    case "item.update":
      return `changed the ${what}`;
    case "collection.transfer":
    case "environment.transfer":
      return `moved to another workspace the ${what}`;
    case "collection.delete":
    case "environment.delete":
    case "item.delete":
      return `deleted the ${what}`;
    case "item.move":
      return `moved the ${what}`;
    case "item.duplicate":
      return `duplicated as the ${what}`;
    case "workspace.join":
      return "joined the workspace";
    case "workspace.leave":
      return "left the workspace";
    case "workspace.member.update":
      return "gave somebody a role in the workspace";
    case "workspace.member.remove":
      return "took a role in the workspace away";
    case "element.member.update":
      return `changed who has a role on the ${what}`;
    case "workspace.reassign":
      return "handed the workspace over to somebody";
    case "workspace.create":
    case "workspace.create.private":
    case "workspace.create.public":
      return "made the workspace";
    case "workspace.update":
      return "changed the settings of the workspace";
    case "workspace.copy":
      return "copied everything of another workspace into this one";
    case "workspace.copied":
      return "copied everything in this workspace";
    case "workspace.restore":
      return "restored the workspace";
    case "workspace.visibility.update":
    case "workspace.visibility.private":
    case "workspace.visibility.public":
      return "changed who can open the workspace";
    case "workspace.publish.decide":
      return "answered the request to make the workspace public";
    case "transfer.accept":
      return "moved something here from another workspace";
    case "trash.restore":
      return "restored from the trash";
    case "trash.purge":
      return "deleted for good";
    default:
      return `did ${action} to the ${what}`;
  }
}

const kinds: Record<string, string> = {
  collection: "collection",
  environment: "environment",
  folder: "folder",
  request: "request",
  example: "example",
  item: "item",
  workspace: "workspace",
};
