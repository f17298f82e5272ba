import type { ResolvedVariable } from "../environments/resolve";
import { Icon } from "../ui/Icon";
import styles from "./variables.module.css";
import { type Meaning, preview, scopeNames, type Suggestion } from "./variables";

/** A scope's sign in its colour. */
export function ScopeBadge({ scope }: { scope: keyof typeof scopeNames }) {
  const { name, sign } = scopeNames[scope];
  return (
    <span className={styles.badge} data-scope={scope} title={name}>
      {sign}
    </span>
  );
}

export function shownValue(variable: ResolvedVariable): string {
  return variable.value ?? "••••••••";
}

/** What a variable is now, where it comes from, and what it hides. */
export function VariableCard({
  name,
  meaning,
  variables,
}: {
  name: string;
  meaning: Meaning;
  variables: readonly ResolvedVariable[];
}) {
  switch (meaning.kind) {
    case "missing":
      return (
        <div className={styles.card}>
          <p className={styles.cardName} data-missing>
            <Icon name="warning" size={14} /> {name || "No name"}
          </p>
          <p className={styles.cardText}>
            It has no value now: it is not in the active environment, the collection or the globals, or it is
            switched off there. Unless a script sets it before, it is sent as it is written.
          </p>
        </div>
      );
    case "dynamic":
      return (
        <div className={styles.card}>
          <p className={styles.cardName}>
            <ScopeBadge scope="dynamic" /> {name}
          </p>
          <p className={styles.cardText}>{meaning.about}. Made anew each time it is used.</p>
        </div>
      );
    case "variable": {
      const { variable } = meaning;
      const value = shownValue(variable);
      const resolved = variable.value === null ? value : preview(value, variables);
      return (
        <div className={styles.card}>
          <p className={styles.cardName}>
            <ScopeBadge scope={variable.scope} /> {name}
            {variable.secret && <Icon name="lock" size={13} />}
          </p>
          <p className={styles.cardValue}>{value === "" ? <i>empty</i> : value}</p>
          {resolved !== value && <p className={styles.cardValue}>= {resolved}</p>}
          <p className={styles.cardText}>
            {variable.source === scopeNames[variable.scope].name
              ? variable.source
              : `${scopeNames[variable.scope].name} ${variable.source}`}
            {variable.local && ", local value of this browser"}
            {variable.secret && ". Secret: the page does not hold it"}
          </p>
          {variable.hides.map((hidden, index) => (
            <p key={index} className={styles.cardHidden}>
              <ScopeBadge scope={hidden.scope} /> <s>{shownValue(hidden)}</s>
            </p>
          ))}
        </div>
      );
    }
  }
}

/** A line in the list of what fits. */
export function SuggestionLine({ suggestion }: { suggestion: Suggestion }) {
  const { name, meaning } = suggestion;
  return (
    <>
      <ScopeBadge scope={meaning.kind === "variable" ? meaning.variable.scope : "dynamic"} />
      <span className={styles.suggestionName}>{name}</span>
      <span className={styles.suggestionValue}>
        {meaning.kind === "variable" ? shownValue(meaning.variable) : meaning.about}
      </span>
    </>
  );
}

/** The variables of a text in one sentence, for those who do not see colours. */
export function spoken(name: string, meaning: Meaning): string {
  switch (meaning.kind) {
    case "missing":
      return `Variable ${name} has no value.`;
    case "dynamic":
      return `${name} is generated.`;
    case "variable":
      return `Variable ${name} is ${meaning.variable.secret ? "secret" : shownValue(meaning.variable)}, from ${meaning.variable.source}.`;
  }
}
