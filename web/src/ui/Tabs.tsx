import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Tabs.module.css";

export interface Tab<Id extends string> {
  id: Id;
  label: string;
  /** A small number or word beside the label: how many headers there are. */
  badge?: ReactNode;
  /** A dot that says: something is set here. */
  marked?: boolean;
}

interface TabsProps<Id extends string> {
  /** What the tabs divide: "Request settings". */
  label: string;
  tabs: readonly Tab<Id>[];
  value: Id;
  onChange: (id: Id) => void;
  /** At the right end of the row of tabs. */
  aside?: ReactNode;
  /** The panel of the chosen tab. */
  children: ReactNode;
  className?: string | undefined;
}

/** A row of tabs over one panel. */
export function Tabs<Id extends string>({
  label,
  tabs,
  value,
  onChange,
  aside,
  children,
  className,
}: TabsProps<Id>) {
  return (
    <Radix.Root
      className={[styles.tabs, className].filter(Boolean).join(" ")}
      value={value}
      onValueChange={(id) => {
        const tab = tabs.find((candidate) => candidate.id === id);
        if (tab) onChange(tab.id);
      }}
      activationMode="manual"
    >
      <div className={styles.row}>
        <Radix.List className={styles.list} aria-label={label}>
          {tabs.map((tab) => (
            <Radix.Trigger key={tab.id} value={tab.id} className={styles.tab}>
              {tab.label}
              {tab.badge !== undefined && tab.badge !== null && (
                <span className={styles.badge}>{tab.badge}</span>
              )}
              {tab.marked && <span className={styles.dot} aria-label="is set" role="img" />}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {aside && <div className={styles.aside}>{aside}</div>}
      </div>
      {tabs.map((tab) => (
        <Radix.Content
          key={tab.id}
          value={tab.id}
          className={styles.panel}
          // The panel's own controls take the focus.
          tabIndex={-1}
          // Every tab names its panel, so the panels that are not shown exist, empty.
          forceMount
          hidden={tab.id !== value}
        >
          {tab.id === value && children}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
