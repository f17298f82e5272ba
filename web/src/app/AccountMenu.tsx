import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { NewTeamDialog } from "../accounts/NewTeamDialog";
import { switchTeam, teamsQuery } from "../accounts/teams";
import { answered, client, problemText } from "../api/client";
import { cache, metaQuery, sessionQuery } from "../api/resources";
import { Menu } from "../ui/Menu";
import { toast } from "../ui/toast";
import styles from "./AccountMenu.module.css";
import { setTheme, useTheme } from "./theme";

/** Who is signed in: account, teams, appearance, sign out. */
export function AccountMenu({ onShortcuts }: { onShortcuts?: () => void }) {
  const session = useQuery(sessionQuery).data;
  const meta = useQuery(metaQuery).data;
  const teams = useQuery(teamsQuery).data;
  const [founding, setFounding] = useState(false);
  const theme = useTheme();
  const navigate = useNavigate();
  if (!session) return null;

  async function signOut() {
    try {
      await answered(client.DELETE("/api/session"));
    } catch (problem) {
      toast({ kind: "problem", text: problemText(problem) });
      return;
    }
    await navigate({ to: "/sign-in", search: {} });
    cache.clear();
  }

  async function goTo(id: string) {
    try {
      await switchTeam(id);
    } catch (problem) {
      toast({ kind: "problem", text: problemText(problem) });
    }
  }

  const others = teams?.items.filter((team) => !team.current) ?? [];
  const switcher =
    others.length > 0 || teams?.mayCreate
      ? [
          "separator" as const,
          { heading: "Teams" },
          ...(others.length > 0 ? (teams?.items ?? []) : []).map((team) => ({
            label: team.name,
            checked: team.current,
            onSelect: () => {
              if (!team.current) void goTo(team.id);
            },
          })),
          ...(teams?.mayCreate
            ? [{ label: "New team", icon: "add" as const, onSelect: () => setFounding(true) }]
            : []),
        ]
      : [];

  return (
    <>
      <Menu
        align="end"
        entries={[
          { heading: `${session.person.name} · ${session.team.name}` },
          { label: "Your account", icon: "person", onSelect: () => void navigate({ to: "/account" }) },
          { label: "Team", icon: "people", onSelect: () => void navigate({ to: "/team" }) },
          {
            label: "Audit log",
            icon: "history",
            onSelect: () => void navigate({ to: "/audit", search: {} }),
          },
          ...(onShortcuts
            ? [{ label: "Keyboard shortcuts", icon: "keyboard" as const, onSelect: onShortcuts }]
            : []),
          ...switcher,
          "separator",
          theme === "dark" || (theme === "system" && document.documentElement.dataset["theme"] === "dark")
            ? { label: "Light appearance", icon: "sun", onSelect: () => setTheme("light") }
            : { label: "Dark appearance", icon: "moon", onSelect: () => setTheme("dark") },
          {
            label: "Appearance of this machine",
            icon: "laptop",
            disabled: theme === "system",
            onSelect: () => setTheme("system"),
          },
          "separator",
          { label: "Sign out", icon: "sign-out", onSelect: () => void signOut() },
          ...(meta ? [{ heading: `Bulla ${meta.version}` }] : []),
        ]}
      >
        <button type="button" className={styles.avatar}>
          <span aria-hidden="true">{initials(session.person.name)}</span>
          <span className="visually-hidden">Account: {session.person.name}</span>
        </button>
      </Menu>
      {founding && <NewTeamDialog onClose={() => setFounding(false)} />}
    </>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("");
}
