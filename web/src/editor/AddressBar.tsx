import { type Ref, useState } from "react";
import { DropdownMenu } from "radix-ui";
import { keysText } from "../app/keys";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Tooltip } from "../ui/Tooltip";
import styles from "./RequestTab.module.css";
import menu from "../ui/Menu.module.css";
import { VariableInput } from "./VariableInput";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/** Method, address and Send. */
export function AddressBar({
  method,
  address,
  sending,
  onMethod,
  onAddress,
  onSend,
  onCancel,
  ref,
}: {
  method: string;
  address: string;
  sending: boolean;
  onMethod: (method: string) => void;
  onAddress: (address: string) => void;
  onSend: () => void;
  onCancel: () => void;
  ref: Ref<HTMLInputElement>;
}) {
  return (
    <div className={styles.addressRow}>
      <div className={styles.address}>
        <MethodMenu method={method} onMethod={onMethod} />
        <VariableInput
          ref={ref}
          look="bare"
          label="Address"
          placeholder="https://api.example.com/path, or {{base}}/path"
          value={address}
          onChange={onAddress}
          onEnter={onSend}
        />
      </div>
      {sending ? (
        <Button icon="stop" className={styles.send} onClick={onCancel}>
          Cancel
        </Button>
      ) : (
        <Tooltip text="Send" shortcut={keysText("Mod Enter")}>
          <Button kind="primary" icon="send" className={styles.send} onClick={onSend}>
            Send
          </Button>
        </Tooltip>
      )}
    </div>
  );
}

function MethodMenu({ method, onMethod }: { method: string; onMethod: (method: string) => void }) {
  const [own, setOwn] = useState("");
  const known = methods.includes(method) ? methods : [...methods, method];
  const takeOwn = () => {
    const word = own.trim().toUpperCase();
    if (word !== "") onMethod(word);
    setOwn("");
  };
  return (
    <DropdownMenu.Root modal={false} onOpenChange={() => setOwn("")}>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          className={styles.method}
          data-method={method.toUpperCase()}
          aria-label={`Method: ${method}`}
        >
          <span>{method}</span>
          <Icon name="chevron-down" size={12} />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menu.menu} align="start" sideOffset={6} loop>
          {known.map((name) => (
            <DropdownMenu.Item
              key={name}
              className={`${menu.item ?? ""} ${styles.methodItem ?? ""}`}
              data-method={name}
              role="menuitemradio"
              aria-checked={name === method}
              onSelect={() => onMethod(name)}
            >
              <span>{name}</span>
              {name === method && <Icon name="check" size={14} />}
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Separator className={menu.separator} />
          <input
            className={styles.ownMethod}
            aria-label="Another method"
            placeholder="Another method"
            spellCheck={false}
            value={own}
            onChange={(event) => setOwn(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape" || event.key === "Tab") return;
              // The menu would go to the entry that starts with the letter.
              event.stopPropagation();
              if (event.key !== "Enter") return;
              takeOwn();
              event.currentTarget.dispatchEvent(
                new KeyboardEvent("keydown", { key: "Escape", bubbles: true }),
              );
            }}
          />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
