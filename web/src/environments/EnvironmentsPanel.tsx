import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import {
  cache,
  environmentsQuery,
  type EnvironmentSummary,
  rememberEnvironment,
  type Workspace,
} from "../api/resources";
import { useClose, useOpen } from "../app/open";
import type { Target } from "../app/target";
import { download } from "../collections/actions";
import { useImport } from "../imports/opening";
import { Button, IconButton } from "../ui/Button";
import { offerUndo } from "../trash/restoring";
import { CancelOr, ConfirmDialog, Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { setActiveEnvironment, useActiveEnvironment } from "./active";
import { keepEnvironmentDraft, useEnvironmentDraftIds } from "./draft";
import styles from "./EnvironmentsPanel.module.css";

/** The sidebar of environments. */
export function EnvironmentsPanel({ workspace, current }: { workspace: Workspace; current: Target | null }) {
  const workspaceId = workspace.id;
  const canEdit = workspace.role !== "viewer";
  const environments = useQuery(environmentsQuery(workspaceId));
  const active = useActiveEnvironment(workspaceId);
  const drafts = useEnvironmentDraftIds();
  const open = useOpen(workspaceId);
  const startImport = useImport();
  const [dialog, setDialog] = useState<
    { kind: "new" } | { kind: "rename" | "delete"; environment: EnvironmentSummary } | null
  >(null);
  const items = environments.data?.items ?? [];

  return (
    <section className={styles.panel} aria-label="Environments" aria-busy={environments.isPending}>
      <header className={styles.header}>
        <h2 className={styles.title}>Environments</h2>
        <Menu
          align="end"
          entries={[
            {
              label: "New environment",
              icon: "environments",
              disabled: !canEdit,
              onSelect: () => setDialog({ kind: "new" }),
            },
            { label: "Import…", icon: "import", disabled: !canEdit, onSelect: startImport },
          ]}
        >
          <IconButton label="Add" icon="add" size="small" />
        </Menu>
      </header>
      <ul className={styles.list}>
        <li className={styles.row} data-current={current?.kind === "globals" || undefined}>
          <button type="button" className={styles.open} onClick={() => open({ kind: "globals" })}>
            <Icon name="globe" size={15} className={styles.icon} />
            <span className={styles.name}>Globals</span>
          </button>
        </li>
        {items.map((environment) => {
          const isActive = active?.id === environment.id;
          return (
            <li
              key={environment.id}
              className={styles.row}
              data-current={(current?.kind === "environment" && current.id === environment.id) || undefined}
            >
              <button
                type="button"
                className={styles.open}
                onClick={() => open({ kind: "environment", id: environment.id }, "look")}
                onDoubleClick={() => open({ kind: "environment", id: environment.id })}
              >
                <Icon name="environments" size={15} className={styles.icon} />
                <span className={styles.name}>{environment.name}</span>
                {drafts.includes(environment.id) && (
                  <span className={styles.unsaved} title="Has edits that are not saved" />
                )}
              </button>
              <IconButton
                size="small"
                icon="check"
                label={isActive ? `${environment.name} is active` : `Make ${environment.name} active`}
                pressed={isActive}
                className={isActive ? styles.isActive : styles.onHover}
                onClick={() => setActiveEnvironment(workspaceId, isActive ? null : environment.id)}
              />
              <Menu
                align="end"
                entries={[
                  {
                    label: "Rename",
                    icon: "edit",
                    disabled: !canEdit,
                    onSelect: () => setDialog({ kind: "rename", environment }),
                  },
                  {
                    label: "Export",
                    icon: "download",
                    onSelect: () =>
                      download(`/api/environments/${encodeURIComponent(environment.id)}/export`),
                  },
                  {
                    label: "Activity",
                    icon: "clock",
                    onSelect: () => open({ kind: "activity", element: environment.id }),
                  },
                  "separator",
                  {
                    label: "Delete",
                    icon: "trash",
                    danger: true,
                    disabled: !canEdit,
                    onSelect: () => setDialog({ kind: "delete", environment }),
                  },
                ]}
              >
                <IconButton
                  size="small"
                  icon="more"
                  label={`More for ${environment.name}`}
                  className={styles.onHover}
                />
              </Menu>
            </li>
          );
        })}
      </ul>
      {environments.isPending && <Spinner label="Loading environments" />}
      {environments.error && <Notice kind="problem">{problemText(environments.error)}</Notice>}
      {environments.data && items.length === 0 && (
        <EmptyState
          compact
          icon="environments"
          title="No environments yet"
          actions={
            canEdit && (
              <>
                <Button kind="primary" onClick={() => setDialog({ kind: "new" })}>
                  New environment
                </Button>
                <Button icon="import" onClick={startImport}>
                  Import
                </Button>
              </>
            )
          }
        >
          An environment gives {"{{variables}}"} their values: one for your machine, one for staging, one for
          production.
        </EmptyState>
      )}
      {dialog?.kind === "new" && <NameDialog workspaceId={workspaceId} onClose={() => setDialog(null)} />}
      {dialog?.kind === "rename" && (
        <NameDialog
          workspaceId={workspaceId}
          environment={dialog.environment}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog?.kind === "delete" && (
        <DeleteDialog
          workspaceId={workspaceId}
          environment={dialog.environment}
          onClose={() => setDialog(null)}
        />
      )}
    </section>
  );
}

/** Asks for the name of a new environment, or another name of one. */
export function NameDialog({
  workspaceId,
  environment,
  onClose,
}: {
  workspaceId: string;
  environment?: EnvironmentSummary;
  onClose: () => void;
}) {
  const [name, setName] = useState(environment?.name ?? "");
  const open = useOpen(workspaceId);
  const save = useMutation({
    mutationFn: () =>
      answered(
        environment
          ? client.PATCH("/api/environments/{id}", {
              params: { path: { id: environment.id } },
              body: { version: environment.version, name },
            })
          : client.POST("/api/workspaces/{id}/environments", {
              params: { path: { id: workspaceId } },
              body: { name },
            }),
      ),
    onSuccess: async (now) => {
      rememberEnvironment(now);
      await cache.invalidateQueries(environmentsQuery(workspaceId));
      onClose();
      if (!environment) {
        setActiveEnvironment(workspaceId, now.id);
        open({ kind: "environment", id: now.id });
      }
    },
    onError: () => cache.invalidateQueries(environmentsQuery(workspaceId)),
  });
  return (
    <Dialog
      size="small"
      title={environment ? "Rename environment" : "New environment"}
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          type="submit"
          form="environment-name"
          busy={save.isPending}
          disabled={name.trim() === ""}
        >
          {environment ? "Rename" : "Create"}
        </CancelOr>
      }
    >
      <form
        id="environment-name"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") save.mutate();
        }}
      >
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          placeholder="Staging"
          autoFocus
          problem={save.error && problemText(save.error)}
        />
      </form>
    </Dialog>
  );
}

function DeleteDialog({
  workspaceId,
  environment,
  onClose,
}: {
  workspaceId: string;
  environment: EnvironmentSummary;
  onClose: () => void;
}) {
  const close = useClose(workspaceId);
  const remove = useMutation({
    mutationFn: () =>
      answered(client.DELETE("/api/environments/{id}", { params: { path: { id: environment.id } } })),
    onSuccess: async () => {
      close((target) => "id" in target && target.id === environment.id);
      keepEnvironmentDraft(environment.id, null);
      await cache.invalidateQueries(environmentsQuery(workspaceId));
      offerUndo(environment.id, environment.name, workspaceId);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      title="Delete this environment?"
      action="Delete environment"
      busy={remove.isPending}
      problem={remove.error && problemText(remove.error)}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>
        <strong>{environment.name}</strong> and its shared values will be deleted for everyone in this
        workspace. It can be restored from the trash for 30 days.
      </p>
    </ConfirmDialog>
  );
}
