import { attune } from "attune-web";
import Link from "next/link";
import { useState } from "react";

// The visitor's answer: Attune's, and a cookie of this site's own, so that its server knows as well.
function Choice() {
  const [asked, ask] = useState(true);
  const answer = (yes) => {
    document.cookie = `choice=${yes ? "yes" : "no"}; path=/; max-age=31536000; samesite=lax`;
    void attune.consent({ measure: yes, personalise: yes });
    ask(false);
  };
  return (
    asked && (
      <p>
        <button id="allow" onClick={() => answer(true)}>Allow measuring and personal content</button>{" "}
        <button id="refuse" onClick={() => answer(false)}>No, thanks</button>
      </p>
    )
  );
}

export default function App({ Component, pageProps }) {
  return (
    <>
      <nav>
        <Link href="/">Cards</Link> · <Link href="/cards/sky">The sky card</Link>
      </nav>
      <Component {...pageProps} />
      <Choice />
    </>
  );
}
