import { Placement } from "attune-react";
import Head from "next/head";
import { decide } from "../lib/attune";

// The server asks, and prints the answer; in the browser the same component goes on with it.
export async function getServerSideProps({ req }) {
  return { props: { printed: await decide(req, "home-hero") } };
}

export default function Home({ printed }) {
  return (
    <main>
      <Head>
        <title>Cards</title>
      </Head>
      <Placement name="home-hero" printed={printed} fallback={<h1>One card for ordinary days</h1>}>
        {({ content }) => (
          <>
            <h1>{content.title}</h1>
            {content.url && <a href={content.url}>{content.cta || "Have a look"}</a>}
          </>
        )}
      </Placement>
    </main>
  );
}
