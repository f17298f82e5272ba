import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { opened, stripOf } from "./tabs";
import { pathOf, type Target } from "./target";

/** How a thing is opened: `look` shares one tab with whatever is looked at next, `keep` has a tab of its own. */
export type Opening = "look" | "keep";

/** Opens something of the workspace in a tab and shows it. */
export function useOpen(workspaceId: string): (target: Target, how?: Opening) => void {
  const navigate = useNavigate();
  return useCallback(
    (target, how = "keep") => {
      const strip = stripOf(workspaceId);
      strip.write(opened(strip.read(), target, how === "keep"));
      void navigate({ to: "/w/$workspaceId/$", params: { workspaceId, _splat: pathOf(target) } });
    },
    [navigate, workspaceId],
  );
}
