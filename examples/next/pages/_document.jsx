import { Head, Html, Main, NextScript } from "next/document";

// The tag is in the page that the server sends, so that what happens before React is there is kept.
export default function Document() {
  const { ATTUNE_SITE: site, COOKIE_DOMAIN: domain } = process.env;
  return (
    <Html lang="en">
      <Head>{site && <script async src={`/attune/tag.js?site=${site}`} data-visitor-cookie={domain} />}</Head>
      <body>
        <Main />
        <NextScript />
      </body>
    </Html>
  );
}
