import { toast } from "../ui/toast";

/** Says that edits are in the page alone: the browser did not keep them. */
export function sayNoRoom() {
  toast({
    kind: "problem",
    text: "The browser has no room for these edits. Save them before you leave the page.",
  });
}
