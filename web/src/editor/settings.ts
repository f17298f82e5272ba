/** A setting of one request, as `protocolProfileBehavior` keeps it. */
export type Setting = {
  key: string;
  label: string;
  about: string;
} & (
  | {
      control: "switch";
      initial: boolean;
      /** The document says the opposite of the switch. */ inverted?: true;
    }
  | { control: "choice"; initial: string; options: readonly { value: string; label: string }[] }
  | { control: "number"; initial: number }
  | { control: "protocols"; options: readonly { value: string; label: string }[] }
  | { control: "list" }
);

/** In the order of the page. A key that a document does not have means: as the folder, the collection, or we say. */
export const settings: readonly Setting[] = [
  {
    key: "protocolVersion",
    label: "HTTP version",
    about: "Auto speaks HTTP/2 where the server offers it over TLS.",
    control: "choice",
    initial: "auto",
    options: [
      { value: "auto", label: "Auto" },
      { value: "http1", label: "HTTP/1.x" },
      { value: "http2", label: "HTTP/2" },
    ],
  },
  {
    key: "strictSSL",
    label: "Enable SSL certificate verification",
    about: "A certificate that is not trusted ends the request.",
    control: "switch",
    initial: true,
  },
  {
    key: "followRedirects",
    label: "Automatically follow redirects",
    about: "An answer 3xx with a Location is followed.",
    control: "switch",
    initial: true,
  },
  {
    key: "followOriginalHttpMethod",
    label: "Follow original HTTP Method",
    about: "Redirects keep the method and the body, where otherwise they become a GET.",
    control: "switch",
    initial: false,
  },
  {
    key: "followAuthorizationHeader",
    label: "Follow Authorization header",
    about: "Keeps the Authorization header when a redirect leads to another host.",
    control: "switch",
    initial: false,
  },
  {
    key: "removeRefererHeaderOnRedirect",
    label: "Remove referer header on redirect",
    about: "Redirects do not say where they come from.",
    control: "switch",
    initial: false,
  },
  {
    key: "insecureHTTPParser",
    label: "Enable strict HTTP parser",
    about: "Refuses answers with invalid headers.",
    control: "switch",
    initial: false,
    inverted: true,
  },
  {
    key: "disableUrlEncoding",
    label: "Encode URL automatically",
    about: "Encodes path, parameters and authorization fields where the rules ask for it.",
    control: "switch",
    initial: true,
    inverted: true,
  },
  {
    key: "disableCookies",
    label: "Disable cookie jar",
    about: "No cookies of the jar are sent, and none are kept.",
    control: "switch",
    initial: false,
  },
  {
    key: "tlsPreferServerCiphers",
    label: "Use server cipher suite during handshake",
    about: "The server’s order of cipher suites counts.",
    control: "switch",
    initial: false,
  },
  {
    key: "maxRedirects",
    label: "Maximum number of redirects",
    about: "One more is an error.",
    control: "number",
    initial: 10,
  },
  {
    key: "tlsDisabledProtocols",
    label: "TLS/SSL protocols disabled during handshake",
    about: "All others may be used.",
    control: "protocols",
    options: [
      { value: "TLSv1", label: "TLS v1" },
      { value: "TLSv1_1", label: "TLS v1.1" },
      { value: "TLSv1_2", label: "TLS v1.2" },
      { value: "TLSv1_3", label: "TLS v1.3" },
    ],
  },
  {
    key: "tlsCipherSelection",
    label: "Cipher suite selection",
    about: "OpenSSL names, one a line, in the order of preference. Empty means the usual ones.",
    control: "list",
  },
];
