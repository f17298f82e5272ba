import type { ReactNode } from "react";
import { ModalFrame } from "./ModalFrame";
import styles from "./Drawer.module.css";

/** The details of one thing in a list, at the side of the page; Escape and a click beside it close it. */
export function Drawer(rest: {
  title: string;
  /** One sentence under the title. */
  description?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}) {
  return <ModalFrame {...rest} styles={styles} className={styles.drawer} />;
}
