import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { metaQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { Checkbox } from "../ui/Field";
import { commonHeaders, headerValues } from "./headers";
import { KeyValueTable } from "./KeyValueTable";
import table from "./KeyValueTable.module.css";
import type { PartProps } from "./ParamsPart";
import { automaticHeaders, headersOf, withAutomaticHeader, withRequest } from "./request";
import styles from "./RequestTab.module.css";

/** Headers: those that are typed, and above them those that are sent anyway. */
export function HeadersPart({
  document,
  onChange,
  authorization,
}: PartProps & { authorization: string | null }) {
  const [shown, setShown] = useState(false);
  const version = useQuery(metaQuery).data?.version ?? "";
  const automatic = automaticHeaders(document, version);

  return (
    <KeyValueTable
      what="header"
      title="Headers"
      bulk
      rows={headersOf(document)}
      keyWords={commonHeaders}
      valueWords={(key) => headerValues[key.toLowerCase()]}
      onChange={(rows) => onChange(withRequest(document, { header: rows }))}
      aside={
        <Button
          kind="quiet"
          size="small"
          icon={shown ? "eye-off" : "eye"}
          aria-expanded={shown}
          onClick={() => setShown(!shown)}
        >
          {shown ? "Hide automatic" : `${automatic.length + (authorization ? 1 : 0)} automatic`}
        </Button>
      }
      before={
        shown && (
          <>
            {authorization && (
              <tr className={styles.automatic}>
                <td className={table.tick}>
                  <Checkbox label="Send Authorization" labelHidden checked disabled onChange={() => {}} />
                </td>
                <td>Authorization</td>
                <td>{"<signed when it is sent>"}</td>
                <td colSpan={2}>{authorization}</td>
              </tr>
            )}
            {automatic.map(({ name, value, about, off, replaced }) => (
              <tr key={name} className={styles.automatic} data-off={off || replaced || undefined}>
                <td className={table.tick}>
                  <Checkbox
                    label={`Send ${name} automatically`}
                    labelHidden
                    checked={!off && !replaced}
                    disabled={replaced}
                    onChange={(on) => onChange(withAutomaticHeader(document, name, on))}
                  />
                </td>
                <td>{name}</td>
                <td>{value}</td>
                <td colSpan={2}>{replaced ? "Yours is sent instead" : about}</td>
              </tr>
            ))}
          </>
        )
      }
    />
  );
}
