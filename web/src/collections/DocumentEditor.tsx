import { type ReactNode, useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { isProblem, problemText } from "../api/client";
import { useSaveKey } from "../app/keys";
import { Button } from "../ui/Button";
import { Icon, type IconName } from "../ui/Icon";
import { InlineEdit } from "../ui/InlineEdit";
import { Notice } from "../ui/Notice";
import {
  type Document,
  discardCollectionDraft,
  keepDocumentDraft,
  mergeDocuments,
  useDocumentDraft,
} from "./draft";
import styles from "./DocumentEditor.module.css";

/** What the editor needs of a collection or a folder. */
export interface Edited {
  id: string;
  name: string;
  version: number;
  document: Document;
}

interface DocumentEditorProps {
  edited: Edited;
  /** "Collection" or "Folder". */
  what: string;
  icon: IconName;
  canEdit: boolean;
  /** Saves and answers what is on the server then. Throws the problem. */
  save: (change: { version: number; name?: string; document?: Document }) => Promise<Edited>;
  /** What is on the server now. */
  reload: () => Promise<Edited>;
  actions?: ReactNode;
  children: (document: Document, change: (document: Document) => void) => ReactNode;
}

/** The frame of a collection's or a folder's tab: its name, Save, and what to do if someone else saved before. */
export function DocumentEditor(props: DocumentEditorProps) {
  const { edited, what, icon, canEdit, save, reload, actions, children } = props;
  const draft = useDocumentDraft(edited.id);
  const [both, setBoth] = useState<string[] | null>(null);
  const document = draft?.document ?? edited.document;
  const version = draft?.version ?? edited.version;

  function change(next: Document) {
    keepDocumentDraft(edited.id, { version, base: draft?.base ?? edited.document, document: next });
  }

  function rebase(now: Edited) {
    if (!draft) return;
    const merged = mergeDocuments(draft.base, draft.document, now.document);
    keepDocumentDraft(edited.id, { version: now.version, base: now.document, document: merged.document });
    return merged.both;
  }

  const saving = useMutation({
    mutationFn: () => save({ version, document }),
    onSuccess: () => {
      discardCollectionDraft(edited.id);
      setBoth(null);
    },
    onError: async (problem) => {
      if (isProblem(problem) && problem.code === "stale") setBoth(rebase(await reload()) ?? []);
    },
  });
  const renaming = useMutation({
    mutationFn: (name: string) => save({ version: edited.version, name }),
    onSuccess: (now) => rebase(now),
    onError: () => reload(),
  });
  const stale = isProblem(saving.error) && saving.error.code === "stale";

  useSaveKey(() => {
    if (draft && canEdit && !saving.isPending) saving.mutate();
  });

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <Icon name={icon} size={18} className={styles.kind} />
        <h1 className={styles.title}>
          <InlineEdit
            label={`${what} name`}
            value={edited.name}
            disabled={!canEdit}
            problem={renaming.error ? problemText(renaming.error) : null}
            onSave={(name) => renaming.mutate(name)}
          />
        </h1>
        <div className={styles.actions}>
          {actions}
          <Button
            kind="primary"
            icon="save"
            busy={saving.isPending}
            disabled={!draft || !canEdit}
            onClick={() => saving.mutate()}
          >
            Save
          </Button>
        </div>
      </header>
      {both && (
        <Notice
          kind="warning"
          actions={
            <Button size="small" onClick={() => setBoth(null)}>
              Got it
            </Button>
          }
        >
          Someone else saved this {what.toLowerCase()} while you were editing. Their changes and yours are
          together now: look, then save again.
          {both.length > 0 && ` Both of you changed: ${both.join(", ")}. What you typed is kept.`}
        </Notice>
      )}
      {saving.error && !stale && (
        <Notice kind="problem">{problemText(saving.error)} Your edits are still here.</Notice>
      )}
      {children(document, change)}
    </div>
  );
}
