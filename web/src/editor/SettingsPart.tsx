import { Button } from "../ui/Button";
import { Checkbox, Select, TextField } from "../ui/Field";
import { asRecord } from "../api/json";
import { CipherList } from "./CipherList";
import type { Inherited } from "./inherited";
import type { PartProps } from "./ParamsPart";
import { behaviorOf, withBehavior } from "./request";
import styles from "./RequestTab.module.css";
import { type Setting, settings } from "./settings";

interface SettingsPartProps extends PartProps {
  /** What is said around it: where it says nothing itself, that counts. */
  inherited: ReadonlyMap<string, Inherited>;
  canEdit?: boolean;
}

/** How a request, or all in a folder or collection, is sent, where it differs from the usual. */
export function SettingsPart({ document, onChange, inherited, canEdit = true }: SettingsPartProps) {
  const behavior = behaviorOf(document);
  return (
    <dl className={styles.settings}>
      {settings.map((setting) => {
        const own = setting.key in behavior;
        const above = inherited.get(setting.key);
        return (
          <div key={setting.key} className={styles.setting} data-control={setting.control}>
            <dt>
              {setting.label}
              <small>{setting.about}</small>
            </dt>
            <dd>
              <fieldset className={styles.control} disabled={!canEdit} aria-label={setting.label}>
                <Control
                  setting={setting}
                  value={own ? behavior[setting.key] : above?.value}
                  onChange={(value) =>
                    // An empty list says something only where a list is said above.
                    onChange(
                      withBehavior(
                        document,
                        setting.key,
                        Array.isArray(value) && value.length === 0 && !above ? undefined : value,
                      ),
                    )
                  }
                />
              </fieldset>
            </dd>
            <dd className={styles.restore}>
              {own ? (
                canEdit && (
                  <Button
                    kind="quiet"
                    size="small"
                    title={above ? `Use what ${above.from.name} says` : "Use what is usual"}
                    aria-label={`Restore default of ${setting.label}`}
                    onClick={() => onChange(withBehavior(document, setting.key, undefined))}
                  >
                    Restore default
                  </Button>
                )
              ) : (
                <small>{above ? `As ${above.from.kind} ${above.from.name}` : "Default"}</small>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Control({
  setting,
  value,
  onChange,
}: {
  setting: Setting;
  value: unknown;
  onChange: (value: unknown) => void;
}) {
  switch (setting.control) {
    case "switch": {
      const stored = typeof value === "boolean" ? value !== (setting.inverted ?? false) : setting.initial;
      return (
        <label className={styles.switch}>
          <input
            type="checkbox"
            role="switch"
            aria-label={setting.label}
            aria-checked={stored}
            checked={stored}
            onChange={(event) => onChange(event.target.checked !== (setting.inverted ?? false))}
          />
          <span aria-hidden="true">{stored ? "On" : "Off"}</span>
        </label>
      );
    }
    case "choice":
      return (
        <Select
          label={setting.label}
          labelHidden
          size="small"
          value={typeof value === "string" ? value : setting.initial}
          options={setting.options}
          onChange={onChange}
        />
      );
    case "number":
      return (
        <TextField
          className={styles.number}
          label={setting.label}
          labelHidden
          type="number"
          min={0}
          step={1}
          value={String(typeof value === "number" || typeof value === "string" ? value : setting.initial)}
          onChange={(text) => {
            const number = Number.parseInt(text, 10);
            onChange(Number.isNaN(number) ? undefined : Math.max(0, number));
          }}
        />
      );
    case "protocols": {
      const off = names(value);
      return (
        <div className={styles.protocols}>
          {setting.options.map((option) => (
            <Checkbox
              key={option.value}
              label={option.label}
              checked={off.includes(option.value)}
              onChange={(on) =>
                onChange(on ? [...off, option.value] : off.filter((protocol) => protocol !== option.value))
              }
            />
          ))}
        </div>
      );
    }
    case "headers": {
      const off = asRecord(value) ?? {};
      return (
        <div className={styles.protocols}>
          {setting.options.map((option) => (
            <Checkbox
              key={option.value}
              label={option.label}
              checked={off[option.value] === true}
              onChange={(on) => {
                const { [option.value]: _, ...others } = off;
                const next = on ? { ...others, [option.value]: true } : others;
                onChange(Object.keys(next).length === 0 ? undefined : next);
              }}
            />
          ))}
        </div>
      );
    }
    case "ciphers":
      return <CipherList label={setting.label} names={names(value)} onChange={onChange} />;
  }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
