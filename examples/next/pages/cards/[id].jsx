import Head from "next/head";

const CARDS = { sky: { name: "The sky card", category: "travel" }, cart: { name: "The cart card", category: "groceries" } };

export async function getServerSideProps({ params }) {
  const card = Object.hasOwn(CARDS, params.id) && CARDS[params.id];
  return card ? { props: { id: params.id, ...card } } : { notFound: true };
}

// What the page says of itself in ordinary product metadata is what the profile learns.
export default function Card({ id, name, category }) {
  return (
    <main>
      <Head>
        <title>{name}</title>
        <meta key="type" property="og:type" content="product" />
        <meta key="item" property="product:retailer_item_id" content={id} />
        <meta key="category" property="product:category" content={category} />
      </Head>
      <h1>{name}</h1>
    </main>
  );
}
