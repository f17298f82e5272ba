import { useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback } from "react";
import { closed, neighbour, opened, stripOf } from "./tabs";
import { pathOf, type Target, targetOf } from "./target";

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

/** Closes the tabs that `goes` chooses; if the shown one is among them, its neighbour is shown. */
export function useClose(workspaceId: string): (goes: (target: Target) => boolean) => void {
  const router = useRouter();
  return useCallback(
    (goes) => {
      const strip = stripOf(workspaceId);
      const row = strip.read();
      const current = targetOf(router.state.location.pathname.replace(/^\/w\/[^/]+\/?/, ""));
      if (current && goes(current)) {
        const path = pathOf(current);
        const left = row.tabs.filter((tab) => pathOf(tab.target) === path || !goes(tab.target));
        const next = neighbour({ ...row, tabs: left }, current);
        void router.navigate(
          next
            ? { to: "/w/$workspaceId/$", params: { workspaceId, _splat: pathOf(next) } }
            : { to: "/w/$workspaceId", params: { workspaceId } },
        );
      }
      strip.write(closed(row, (tab) => goes(tab.target)));
    },
    [router, workspaceId],
  );
}
