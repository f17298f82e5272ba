import { type ReactNode, useState } from "react";
import { fingerprintText } from "../certificates/certificates";
import { Icon } from "../ui/Icon";
import { commonName, type PeerCertificate, validUntil } from "./certificateText";
import { FactPopover } from "./FactPopover";
import { statusKind } from "./format";
import styles from "./ResponsePane.module.css";
import { rawRequest } from "./responseParts";
import type { ReceivedResponse, Redirect, SentRequest } from "./stream";

type Tls = NonNullable<ReceivedResponse["tls"]>;

/** `HTTP/1.1`. */
function protocolText(response: ReceivedResponse): string {
  return `HTTP/${response.httpVersion.replace(/^HTTP\//i, "")}`;
}

/** What TLS came to, in a word. */
function trustText(tls: Tls | null): string {
  if (!tls) return "not encrypted";
  return tls.verified ? "certificate is trusted" : "certificate is not trusted";
}

/** The connection in a sign, and what was agreed on behind it. */
export function NetworkFact({ response }: { response: ReceivedResponse }) {
  const [now] = useState(() => Date.now());
  const { tls } = response;
  const own = tls?.chain[0];
  const protocol = protocolText(response);
  return (
    <FactPopover
      label="Network"
      says={`Network: ${tls ? `${tls.version}, ` : `${protocol}, `}${trustText(tls)}. Show the details`}
      trusted={tls?.verified}
      sign={<Icon name={!tls ? "globe" : tls.verified ? "lock" : "warning"} size={14} />}
    >
      <div className={styles.networkCard}>
        <h3>Network</h3>
        <dl>
          <Fact name="HTTP version">{protocol}</Fact>
          <Fact name="Address">{response.remoteAddress}</Fact>
          {tls && (
            <>
              <Fact name="TLS">{tls.version}</Fact>
              <Fact name="Cipher">{tls.cipher}</Fact>
              {own && (
                <>
                  <Fact name="Certificate">{commonName(own.subject)}</Fact>
                  <Fact name="Issuer">{commonName(own.issuer)}</Fact>
                  <Fact name="Valid until">{validUntil(own.notAfter, now)}</Fact>
                </>
              )}
              {tls.clientCertificate && (
                <Fact name="You showed">{commonName(tls.clientCertificate.subject)}</Fact>
              )}
            </>
          )}
        </dl>
        {!tls && <p className={styles.none}>The connection was not encrypted.</p>}
        {tls && !tls.verified && (
          <p className={styles.untrusted}>
            <Icon name="warning" size={13} /> {tls.problem ?? "The certificate is not trusted."}
          </p>
        )}
      </div>
    </FactPopover>
  );
}

/** How the answer came: from where, over which redirects, under which certificates, and what had been sent. */
export function Network({
  response,
  redirects,
  request,
}: {
  response: ReceivedResponse;
  redirects: readonly Redirect[];
  request: SentRequest | null;
}) {
  const { tls } = response;
  return (
    <div className={styles.network}>
      <section aria-label="Connection" className={styles.cardBox}>
        <h3>Connection</h3>
        <dl>
          <Fact name="Protocol">{protocolText(response)}</Fact>
          <Fact name="Address">{response.remoteAddress}</Fact>
        </dl>
      </section>
      <section aria-label="TLS" className={styles.cardBox}>
        <h3>
          TLS
          {tls && (
            <span className={styles.trust} data-trusted={tls.verified}>
              <Icon name={tls.verified ? "lock" : "warning"} size={13} />
              {tls.verified ? "Certificate is trusted" : "Certificate is not trusted"}
            </span>
          )}
        </h3>
        {tls ? (
          <>
            <dl>
              <Fact name="Version">{tls.version}</Fact>
              <Fact name="Cipher">{tls.cipher}</Fact>
              <Fact name="ALPN">{tls.protocol ?? "nothing was agreed on"}</Fact>
            </dl>
            {tls.problem !== null && <p className={styles.untrusted}>{tls.problem}</p>}
          </>
        ) : (
          <p className={styles.none}>The connection was not encrypted.</p>
        )}
      </section>
      {tls && (
        <section aria-label="Certificates of the server" className={styles.cardBox}>
          <h3>Certificates of the server</h3>
          <ol className={styles.chain}>
            {tls.chain.map((certificate, index) => (
              <li key={`${certificate.fingerprint} ${index}`}>
                <CertificateFacts certificate={certificate} open={index === 0} />
              </li>
            ))}
          </ol>
        </section>
      )}
      {tls?.clientCertificate && (
        <section aria-label="Client certificate" className={styles.cardBox}>
          <h3>Client certificate</h3>
          <p className={styles.none}>The server saw it if it asked for one.</p>
          <CertificateFacts certificate={tls.clientCertificate} open />
        </section>
      )}
      <section aria-label="Redirects" className={styles.cardBox}>
        <h3>Redirects</h3>
        {redirects.length === 0 ? (
          <p className={styles.none}>The first answer was the last.</p>
        ) : (
          <ol className={styles.redirects}>
            {redirects.map(({ method, url, code }, index) => (
              <li key={index}>
                <span className={styles.status} data-kind={statusKind(code)}>
                  {code}
                </span>
                <code>
                  {method} {url}
                </code>
              </li>
            ))}
            <li>
              <span className={styles.status} data-kind={statusKind(response.code)}>
                {response.code}
              </span>
              <code>{request?.url ?? "the last address"}</code>
            </li>
          </ol>
        )}
      </section>
      {request && (
        <section aria-label="Request as it was sent" className={`${styles.cardBox} ${styles.wide}`}>
          <h3>Request as it was sent</h3>
          <pre className={styles.raw}>{rawRequest(request)}</pre>
        </section>
      )}
    </div>
  );
}

/** A certificate with all that is told of it. */
function CertificateFacts({ certificate, open }: { certificate: PeerCertificate; open: boolean }) {
  const [now] = useState(() => Date.now());
  const { subject, issuer, names, notBefore, notAfter, fingerprint } = certificate;
  return (
    <details open={open} className={styles.certificate}>
      <summary>{commonName(subject)}</summary>
      <dl>
        <Fact name="Subject">{subject || "–"}</Fact>
        <Fact name="Issuer">{issuer || "–"}</Fact>
        {names.length > 0 && <Fact name="For">{names.join(", ")}</Fact>}
        <Fact name="Valid from">{new Date(notBefore).toLocaleString()}</Fact>
        <Fact name="Valid until">{validUntil(notAfter, now)}</Fact>
        <Fact name="SHA-256">{fingerprintText(fingerprint)}</Fact>
      </dl>
    </details>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
