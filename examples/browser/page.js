// One holder's own balance, live. The page has a short-lived access token of that holder, which can see nothing else.
// Its own server gives it one (see server.py); the API key never leaves that server.

const SHOWN = "id asset status balance { posted { value } held { value } available { value } }";
// One query is one snapshot: whatever comes after `feedEnd` is not in these balances, and is told by the subscription.
const BEGIN = `{ feedEnd ledgers(first: 100) { nodes { ${SHOWN} } } viewer { accessToken { id } } }`;
const CHANGES = `subscription ($after: String) { ledgerChanged(after: $after) { cursor ledger { ${SHOWN} } } }`;
const SIGN_OUT = `mutation ($id: ID!) { revokeAccessToken(accessTokenId: $id) { __typename ... on Error { message } } }`;
const AGAIN_AFTER_MS = 1000;

const state = document.getElementById("state");
const list = document.getElementById("ledgers");
const items = new Map();
let session = null;
let socket = null;
let cursor = null;
let signedOut = false;

async function ask(query, variables) {
  const response = await fetch(`${session.api}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${session.token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}

function show(ledger) {
  let item = items.get(ledger.id);
  if (!item) {
    item = document.getElementById("ledger").content.firstElementChild.cloneNode(true);
    items.set(ledger.id, item);
    list.append(item);
  }
  const { posted, held, available } = ledger.balance;
  const before = item.querySelector(".posted").textContent;
  item.querySelector(".asset").textContent = ledger.asset;
  item.querySelector(".posted").textContent = posted.value;
  item.querySelector(".more").textContent =
    Number(held.value) === 0 ? ledger.status : `${available.value} available, ${held.value} held`;
  if (before !== "" && before !== posted.value) {
    item.classList.add("moved");
    requestAnimationFrame(() => requestAnimationFrame(() => item.classList.remove("moved")));
  }
}

async function begin() {
  const response = await fetch("/token", { method: "POST" });
  if (!response.ok) throw new Error(`no token: ${response.status}`);
  session = await response.json();
  const told = await ask(BEGIN);
  session.id = told.viewer.accessToken.id;
  cursor = told.feedEnd;
  for (const ledger of told.ledgers.nodes) show(ledger);
  document.getElementById("empty").hidden = items.size > 0;
  follow();
}

function follow() {
  socket = new WebSocket(`${session.api.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
  const send = (message) => socket.send(JSON.stringify(message));
  socket.onopen = () => send({ type: "connection_init", payload: { Authorization: `Bearer ${session.token}` } });
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "connection_ack") {
      state.textContent = "Live";
      send({ id: "1", type: "subscribe", payload: { query: CHANGES, variables: { after: cursor } } });
    } else if (message.type === "ping") {
      send({ type: "pong" });
    } else if (message.type === "next" && message.payload.data) {
      const change = message.payload.data.ledgerChanged;
      cursor = change.cursor;
      show(change.ledger);
    } else if (message.type === "next" || message.type === "error") {
      socket.close();
    }
  };
  // The token's time is up, or the server is away: begin again, with a new token and the balances as they then are.
  socket.onclose = () => startAgain();
}

function startAgain() {
  if (signedOut) return;
  state.textContent = "Connecting";
  setTimeout(start, AGAIN_AFTER_MS);
}

function start() {
  if (signedOut) return;
  begin().catch((problem) => {
    console.info(problem.message);
    startAgain();
  });
}

document.getElementById("sign-out").addEventListener("click", async () => {
  signedOut = true;
  state.textContent = "Signed out";
  if (session?.id) await ask(SIGN_OUT, { id: session.id });
  socket?.close();
  list.replaceChildren();
  items.clear();
});

start();
