import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Icon } from "../ui/Icon";
import { Tooltip } from "../ui/Tooltip";
import styles from "./notifications.module.css";
import { unreadQuery } from "./queries";

/** Whether there is something that one has not read. */
export function Bell() {
  const unread = useQuery(unreadQuery).data?.unread ?? 0;
  const said = unread === 0 ? "Notifications" : `Notifications: ${unread} not read`;
  return (
    <Tooltip text={said}>
      <Link to="/notifications" className={styles.bell} aria-label={said}>
        <Icon name="bell" />
        {unread > 0 && (
          <span className={styles.count} aria-hidden="true">
            {unread > 99 ? "99+" : unread}
          </span>
        )}
      </Link>
    </Tooltip>
  );
}
