import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import page from "../accounts/Page.module.css";
import { answered, client, problemText } from "../api/client";
import { type WorkspaceRole, workspacesQuery } from "../api/resources";
import groupStyles from "../groups/groups.module.css";
import { groupsQuery, RoleBoxes } from "../groups/GroupsPage";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Checkbox, Select, TextArea, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";
import { addressesIn, outcomeText, refreshInvites } from "./invites";

/** How long an invite or a link holds. */
export const holds = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
] as const;
export type Days = (typeof holds)[number]["value"];

/** Invites people by their addresses, and says what became of each. */
export function InviteDialog({ suggests, onClose }: { suggests: boolean; onClose: () => void }) {
  const [text, setText] = useState("");
  const [roles, setRoles] = useState<readonly string[]>(["developer"]);
  const [days, setDays] = useState<Days>("7");
  const [note, setNote] = useState("");
  const [into, setInto] = useState<readonly string[]>([]);
  const [workspace, setWorkspace] = useState("");
  const [workspaceRole, setWorkspaceRole] = useState<WorkspaceRole>("viewer");
  const groups = useQuery({ ...groupsQuery, enabled: !suggests, retry: false }).data?.items ?? [];
  const workspaces = useQuery({ ...workspacesQuery, enabled: !suggests }).data?.items ?? [];
  const owned = workspaces.filter((place) => place.role === "owner" && place.kind !== "personal");
  const emails = addressesIn(text);
  const send = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/invites", {
          body: {
            emails,
            roles: [...roles],
            groups: [...into],
            ...(workspace === "" ? {} : { workspace: { id: workspace, role: workspaceRole } }),
            days: Number(days),
            note,
          },
        }),
      ),
    onSettled: refreshInvites,
  });
  const results = send.data?.items;

  if (results)
    return (
      <Dialog title="What became of each" onClose={onClose} footer={<Button onClick={onClose}>Done</Button>}>
        <table className={table.table}>
          <thead>
            <tr>
              <th>Email</th>
              <th>Result</th>
            </tr>
          </thead>
          <tbody>
            {results.map((result) => (
              <tr key={result.email}>
                <td>{result.email}</td>
                <td className={table.soft}>{outcomeText(result)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Dialog>
    );
  return (
    <Dialog
      title={suggests ? "Suggest people" : "Invite people"}
      description={
        suggests
          ? "An Admin decides. If your team lets Developers invite Developers, an invite goes out at once."
          : "Each gets a mail with a link that works once."
      }
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            form="invite-people"
            busy={send.isPending}
            disabled={emails.length === 0 || roles.length === 0}
          >
            {emails.length > 1 ? `Send ${emails.length}` : "Send"}
          </Button>
        </>
      }
    >
      <form
        id="invite-people"
        className={page.form}
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        {send.error && <Notice kind="problem">{problemText(send.error)}</Notice>}
        <TextArea
          label="Email addresses"
          hint="One a line, or with commas between them; up to a hundred."
          rows={4}
          required
          autoFocus
          value={text}
          onChange={setText}
        />
        <RoleBoxes roles={roles} onChange={setRoles} />
        {suggests ? (
          <TextField label="Why (for the Admins)" value={note} onChange={setNote} maxLength={1000} />
        ) : (
          <>
            {groups.length > 0 && (
              <fieldset className={groupStyles.roles}>
                <legend>Groups that they come into</legend>
                {groups.map((group) => (
                  <Checkbox
                    key={group.id}
                    label={group.name}
                    checked={into.includes(group.id)}
                    onChange={(on) =>
                      setInto(on ? [...into, group.id] : into.filter((other) => other !== group.id))
                    }
                  />
                ))}
              </fieldset>
            )}
            {owned.length > 0 && (
              <Select
                label="A workspace that they get a role in (optional)"
                value={workspace}
                onChange={setWorkspace}
                options={[
                  { value: "", label: "None" },
                  ...owned.map((place) => ({ value: place.id, label: place.name })),
                ]}
              />
            )}
            {workspace !== "" && (
              <Select<WorkspaceRole>
                label="What they are in it"
                value={workspaceRole}
                onChange={setWorkspaceRole}
                options={[
                  { value: "viewer", label: "Viewer" },
                  { value: "editor", label: "Editor" },
                  { value: "owner", label: "Owner" },
                ]}
              />
            )}
            <Select<Days> label="The link holds for" value={days} options={holds} onChange={setDays} />
          </>
        )}
      </form>
    </Dialog>
  );
}
