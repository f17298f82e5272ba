import { Button } from "../ui/Button";
import { Checkbox, Select, TextArea, TextField } from "../ui/Field";
import type { PartProps } from "./ParamsPart";
import { behaviorOf, withBehavior } from "./request";
import styles from "./RequestTab.module.css";
import { type Setting, settings } from "./settings";

/** How this request is sent, where it differs from the usual. */
export function SettingsPart({ document, onChange }: PartProps) {
  const behavior = behaviorOf(document);
  return (
    <dl className={styles.settings}>
      {settings.map((setting) => (
        <div key={setting.key} className={styles.setting}>
          <dt>
            {setting.label}
            <small>{setting.about}</small>
          </dt>
          <dd>
            <Control
              setting={setting}
              value={behavior[setting.key]}
              onChange={(value) => onChange(withBehavior(document, setting.key, value))}
            />
          </dd>
          <dd className={styles.restore}>
            {setting.key in behavior && (
              <Button
                kind="quiet"
                size="small"
                title="Use the value of the folder, the collection or the app"
                aria-label={`Restore default of ${setting.label}`}
                onClick={() => onChange(withBehavior(document, setting.key, undefined))}
              >
                Restore default
              </Button>
            )}
          </dd>
        </div>
      ))}
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
        <div className={styles.protocols} role="group" aria-label={setting.label}>
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
    case "list":
      return (
        <TextArea
          className={styles.ciphers}
          label={setting.label}
          labelHidden
          code
          rows={3}
          spellCheck={false}
          placeholder={"TLS_AES_128_GCM_SHA256\nECDHE-RSA-AES128-GCM-SHA256"}
          value={names(value).join("\n")}
          onChange={(text) => onChange(text === "" ? undefined : text.split("\n"))}
        />
      );
  }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}
