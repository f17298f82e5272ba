import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, client, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { setTheme, type Theme, useTheme } from "../app/theme";
import { Button } from "../ui/Button";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import { browserName } from "./browser";
import { dateText } from "./dates";
import styles from "./Page.module.css";
import { EmailForm } from "./EmailForm";
import { LeaveDialog } from "./DepartureDialog";
import { ProfileForm } from "./ProfileForm";
import { SecondFactors } from "./SecondFactors";

const sessionsQuery = api.queryOptions("get", "/api/sessions", {}, { staleTime: 0 });

/** Who one is, where one is signed in, and how the page looks. */
export function AccountPage() {
  const session = useQuery(sessionQuery).data;
  const sessions = useQuery(sessionsQuery);
  const theme = useTheme();
  const end = useMutation({
    mutationFn: (id: string) => answered(client.DELETE("/api/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => cache.invalidateQueries(sessionsQuery),
  });

  const endOthers = useMutation({
    mutationFn: () => answered(client.DELETE("/api/sessions")),
    onSuccess: async () => {
      toast({ kind: "success", text: "You are signed out everywhere else." });
      await cache.invalidateQueries(sessionsQuery);
    },
  });

  return (
    <PageFrame title={session?.person.name ?? "Your account"} lead={session?.person.email}>
      <Select<Theme>
        label="Appearance"
        value={theme}
        onChange={setTheme}
        options={[
          { value: "system", label: "As this machine" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
      />
      {session && <ProfileForm key={session.person.name} person={session.person} />}
      {session && <EmailForm email={session.person.email} />}
      <PasswordForm email={session?.person.email ?? ""} />
      <SecondFactors />
      <h2>Where you are signed in</h2>
      {endOthers.error && <Notice kind="problem">{problemText(endOthers.error)}</Notice>}
      {end.error && <Notice kind="problem">{problemText(end.error)}</Notice>}
      {sessions.error && <Notice kind="problem">{problemText(sessions.error)}</Notice>}
      {sessions.isPending && <Spinner label="Loading sessions" />}
      {sessions.data && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Browser</th>
              <th>Team</th>
              <th>Address</th>
              <th>Last seen</th>
              <th>Signed in</th>
              <th>
                <span className="visually-hidden">End</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data.items.map((item) => (
              <tr key={item.id}>
                <td>{browserName(item.agent)}</td>
                <td className={table.soft}>{item.team}</td>
                <td className={table.soft}>{item.address}</td>
                <td className={table.soft}>{dateText(item.lastSeenAt)}</td>
                <td className={table.soft}>{dateText(item.createdAt)}</td>
                <td className={table.end}>
                  {item.current ? (
                    <span className={table.pill}>This one</span>
                  ) : (
                    <Button size="small" disabled={end.isPending} onClick={() => end.mutate(item.id)}>
                      Sign out there
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {sessions.data && sessions.data.items.length > 1 && (
        <div>
          <Button busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        </div>
      )}
      <LeaveTeam team={session?.team.name ?? "the team"} />
    </PageFrame>
  );
}

/** The way out of the team. */
function LeaveTeam({ team }: { team: string }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  return (
    <section className={styles.form} aria-labelledby="leave-team">
      <h2 id="leave-team">Leave {team}</h2>
      <p className={styles.soft}>What only you own is given to somebody who stays; you choose whom.</p>
      <div>
        <Button onClick={() => setAsking(true)}>Leave the team</Button>
      </div>
      {asking && (
        <LeaveDialog
          onClose={() => setAsking(false)}
          onDone={() => {
            void navigate({ to: "/sign-in", search: {} }).then(() => cache.clear());
          }}
        />
      )}
    </section>
  );
}

/** A new password: it needs the old one, and ends every other session. */
function PasswordForm({ email }: { email: string }) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const change = useMutation({
    mutationFn: () => answered(client.PUT("/api/account/password", { body: { current, password } })),
    onSuccess: async () => {
      setCurrent("");
      setPassword("");
      toast({ kind: "success", text: "Your password is changed. Everywhere else you are signed out." });
      await cache.invalidateQueries(sessionsQuery);
    },
  });

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <h2>Password</h2>
      {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
      {/* For password managers, which file a password under its account. */}
      <input type="email" name="username" autoComplete="username" value={email} readOnly hidden />
      <TextField
        label="Current password"
        type="password"
        required
        value={current}
        onChange={setCurrent}
        autoComplete="current-password"
      />
      <TextField
        label="New password"
        type="password"
        required
        hint="Long and hard to guess; four words that do not belong together do. Your other sessions end."
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
      />
      <div>
        <Button type="submit" busy={change.isPending}>
          Change password
        </Button>
      </div>
    </form>
  );
}
