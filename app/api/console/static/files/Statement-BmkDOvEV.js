const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["./BalanceChart-CYbbn5n7.js","./shim-DW0jLpcr.js","./AsTable-C3lv2wF3.js","./react-dom-DM4ClmVL.js","./with-selector-CEG5pMys.js","./format-9IgIcqdB.js"])))=>i.map(i=>d[i]);
import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{a as r,g as i,l as a,m as o,n as s,p as c,u as l}from"./PageHead-Bva3yesl.js";import{r as u}from"./preferences-DpCtsUmD.js";import{t as d}from"./preload-helper-BQUUbbNx.js";import{d as f,l as p,o as m,r as h,u as g}from"./format-9IgIcqdB.js";import{t as _}from"./List-BgylYIPs.js";import{t as v}from"./Money-BkV-cI-k.js";import{t as y}from"./Panel-Bnc8Av-7.js";import{t as b}from"./Status-CGtiXBXC.js";import{t as x}from"./Time-DsHjik3q.js";import{r as S,t as C}from"./Filters-D7t4lW8J.js";import{n as w}from"./Party-D7KwYASW.js";import{t as T}from"./Action-DGdfuRRw.js";var E=t(n(),1),D=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new D(`
    fragment Bucket on ActivityBucket {
  from
  entryCount
  opening {
    value
    asset
  }
  debits {
    value
    asset
  }
  credits {
    value
    asset
  }
  closing {
    value
    asset
  }
}
    `,{fragmentName:`Bucket`});var ee=new D(`
    query Activity($id: ID!, $from: DateTime!, $to: DateTime!, $interval: ActivityInterval!, $timeZone: String!) {
  node(id: $id) {
    __typename
    ... on Ledger {
      id
      activity(from: $from, to: $to, interval: $interval, timeZone: $timeZone) {
        ...Bucket
      }
    }
    ... on Wallet {
      id
      activity(from: $from, to: $to, interval: $interval, timeZone: $timeZone) {
        ...Bucket
      }
    }
  }
}
    fragment Bucket on ActivityBucket {
  from
  entryCount
  opening {
    value
    asset
  }
  debits {
    value
    asset
  }
  credits {
    value
    asset
  }
  closing {
    value
    asset
  }
}`),O=e(),k=(0,E.lazy)(()=>d(()=>import(`./BalanceChart-CYbbn5n7.js`),__vite__mapDeps([0,1,2,3,4,5]),import.meta.url)),A=864e5,j=2e3,M=[{name:`24 hours`,days:1,interval:`HOUR`},{name:`30 days`,days:30,interval:`DAY`},{name:`1 year`,days:365,interval:`WEEK`}];function N(e){return e.node&&`activity`in e.node?e.node.activity:[]}function P(e){let[t,n]=(0,E.useState)(0),r=(0,E.useRef)(e);return(0,E.useEffect)(()=>{r.current!==void 0&&r.current!==e&&n(e=>e+1),r.current=e??r.current},[e]),t}function F({id:e,version:t}){let[n,o]=(0,E.useState)(M[1]),{zone:c}=u(),l=P(t),d=(0,E.useMemo)(()=>{let t=i()-j;return{id:e,from:new Date(t-n.days*A).toISOString(),to:new Date(t).toISOString(),interval:n.interval,timeZone:f(c)}},[e,l,n,c]),m=a(ee,d,{keepsOld:!0}),g=e=>n.days>1?h(e,c):p(e,c).slice(-12).replace(/^.*, /,``);return(0,O.jsx)(y,{title:`Balance over time`,asked:m,aside:(0,O.jsx)(`div`,{className:`choice`,role:`group`,"aria-label":`Time`,children:M.map(e=>(0,O.jsx)(`button`,{type:`button`,"aria-pressed":e===n,onClick:()=>o(e),children:e.name},e.name))}),children:e=>{let t=N(e);return t.every(e=>e.entryCount===0)?(0,O.jsx)(s,{children:`Nothing was posted in this time.`}):(0,O.jsx)(E.Suspense,{fallback:(0,O.jsx)(r,{what:`Drawing`}),children:(0,O.jsx)(k,{buckets:t,text:g})})}})}var I=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new I(`
    fragment EntryRow on Entry {
  id
  sequence
  direction
  postedAt
  amount {
    value
    asset
  }
  balanceAfter {
    value
    asset
  }
  transfer {
    id
    kind
    reference
    debit {
      ...Party
    }
    credit {
      ...Party
    }
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`,{fragmentName:`EntryRow`});var L=new I(`
    query Entries($ledgerId: ID, $walletId: ID, $first: Int!, $after: String, $direction: OrderDirection) {
  entries(
    first: $first
    after: $after
    direction: $direction
    filter: {ledgerId: $ledgerId, walletId: $walletId}
  ) {
    nodes {
      ...EntryRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment EntryRow on Entry {
  id
  sequence
  direction
  postedAt
  amount {
    value
    asset
  }
  balanceAfter {
    value
    asset
  }
  transfer {
    id
    kind
    reference
    debit {
      ...Party
    }
    credit {
      ...Party
    }
  }
}
fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`),R=500,z=[{name:`order`,label:`Order`,kind:`select`,options:[[``,`Newest first`],[`ASC`,`Oldest first`]]}];function B(e,t){let n=e.direction===`DEBIT`===t;return{asset:e.amount.asset,value:n?e.amount.value:`-${e.amount.value}`}}function V(e){return[{name:`When`,width:`minmax(205px, 1fr)`,cell:e=>(0,O.jsx)(x,{at:e.postedAt})},{name:`With`,width:`minmax(160px, 2fr)`,cell:e=>w(e.direction===`DEBIT`?e.transfer.credit:e.transfer.debit)},{name:`What`,width:`minmax(120px, 1fr)`,wide:!0,cell:e=>e.transfer.reference??g(e.transfer.kind)},{name:`Amount`,width:`minmax(130px, 1fr)`,align:`end`,cell:t=>(0,O.jsx)(v,{money:B(t,e),signed:!0})},{name:`Balance after`,width:`minmax(140px, 1fr)`,align:`end`,cell:e=>(0,O.jsx)(v,{money:e.balanceAfter})},{name:`No.`,width:`80px`,align:`end`,wide:!0,cell:e=>m(e.sequence)}]}var H={true:V(!0),false:V(!1)};function U({of:e,debitRaises:t=!1}){let{order:n}=S(),r=l(L,{...e,first:R,direction:n===`ASC`?`ASC`:`DESC`},e=>e.entries);return(0,O.jsxs)(O.Fragment,{children:[(0,O.jsx)(C,{fields:z}),(0,O.jsx)(_,{label:`Entries`,columns:H[`${t}`],list:r,rowKey:e=>e.id,href:e=>`/transfers/${e.transfer.id}`,empty:`Nothing has been posted here yet.`})]})}var W=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},G=new W(`
    mutation Freeze($input: FreezeInput!) {
  freeze(input: $input) {
    __typename
    ... on FreezeSuccess {
      replayed
    }
    ...Refusal
  }
}
    fragment Refusal on Error {
  __typename
  code
  message
  path
  ... on ForbiddenError {
    requiredScope
  }
}`),K=new W(`
    mutation Unfreeze($input: UnfreezeInput!) {
  unfreeze(input: $input) {
    __typename
    ... on FreezeSuccess {
      replayed
    }
    ...Refusal
  }
}
    fragment Refusal on Error {
  __typename
  code
  message
  path
  ... on ForbiddenError {
    requiredScope
  }
}`),q={ALL:`No money can go out of it or come in`,DEBITS:`No money can go out of it`,CREDITS:`No money can come into it`},J=`ledgers:freeze`;function Y({freeze:e}){return e?(0,O.jsxs)(`div`,{className:`note`,"data-tone":`bad`,children:[(0,O.jsxs)(`p`,{children:[(0,O.jsx)(`b`,{children:`Frozen.`}),` `,q[e.scope],`, since `,(0,O.jsx)(x,{at:e.frozenAt}),`.`]}),(0,O.jsxs)(`p`,{children:[`Reason: `,e.reason]})]}):null}function X({id:e,what:t,freeze:n}){return n?(0,O.jsx)(T,{label:`Unfreeze…`,title:`Unfreeze ${t}`,scope:J,confirm:`Unfreeze`,says:()=>(0,O.jsx)(`p`,{children:`Money can move again, in both directions, at once. Requests that were refused meanwhile are not repeated.`}),fields:[{name:`reason`,label:`Why`,kind:`textarea`,maxLength:255,help:`It is kept in the events.`}],send:({reason:t},n)=>o(K,{input:{id:e,idempotencyKey:n,reason:t||null}}),done:()=>`Unfrozen.`}):(0,O.jsx)(T,{label:`Freeze…`,title:`Freeze ${t}`,scope:J,confirm:`Freeze`,danger:!0,says:({scope:e})=>(0,O.jsxs)(`p`,{children:[q[e||`ALL`],` until it is unfrozen. Such requests are refused; what is posted already stays. Holds placed before can be released, and captured where nothing frozen moves.`]}),fields:[{name:`scope`,label:`What is forbidden`,kind:`select`,initial:`ALL`,options:[[`ALL`,`Money in and out`],[`DEBITS`,`Money out only`],[`CREDITS`,`Money in only`]]},{name:`reason`,label:`Why`,kind:`textarea`,required:!0,maxLength:255,help:`It is shown to all who see this, and kept in the events.`}],send:({scope:t,reason:n},r)=>o(G,{input:{id:e,idempotencyKey:r,scope:t,reason:n}}),done:()=>`Frozen.`})}var Z=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new Z(`
    fragment HoldRow on Hold {
  id
  status
  reference
  createdAt
  expiresAt
  amount {
    value
    asset
  }
  remaining {
    value
    asset
  }
  credit {
    ...Party
  }
}
    fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`,{fragmentName:`HoldRow`});var Q=new Z(`
    query Holds($ledgerId: ID, $walletId: ID, $status: [HoldStatus!], $first: Int!, $after: String) {
  holds(
    first: $first
    after: $after
    filter: {ledgerId: $ledgerId, walletId: $walletId, status: $status}
  ) {
    nodes {
      ...HoldRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment HoldRow on Hold {
  id
  status
  reference
  createdAt
  expiresAt
  amount {
    value
    asset
  }
  remaining {
    value
    asset
  }
  credit {
    ...Party
  }
}
fragment Party on PostingParty {
  __typename
  ... on Ledger {
    id
    asset
    iban
    holder {
      name
    }
  }
  ... on Wallet {
    id
    name
    currency
    account {
      reference
    }
  }
  ... on SystemAccount {
    id
    name
  }
  ... on UndisclosedParty {
    id
  }
}`),te=[{name:`Placed`,width:`minmax(205px, 1fr)`,cell:e=>(0,O.jsx)(x,{at:e.createdAt})},{name:`Status`,width:`110px`,cell:e=>(0,O.jsx)(b,{status:e.status})},{name:`For`,width:`minmax(140px, 2fr)`,cell:e=>e.reference??w(e.credit)},{name:`Amount`,width:`minmax(120px, 1fr)`,align:`end`,cell:e=>(0,O.jsx)(v,{money:e.amount})},{name:`Still held`,width:`minmax(120px, 1fr)`,align:`end`,cell:e=>(0,O.jsx)(v,{money:e.remaining})},{name:`Ends`,width:`minmax(150px, 1fr)`,wide:!0,cell:e=>(0,O.jsx)(x,{at:e.expiresAt})}];function ne({of:e}){let t=l(Q,{...e,first:100},e=>e.holds);return(0,O.jsx)(_,{label:`Holds`,columns:te,list:t,rowKey:e=>e.id,href:e=>`/holds/${e.id}`,empty:`No money has been reserved here.`})}var $={pdf:[`PDF`,`application/pdf`],csv:[`CSV`,`text/csv`],camt053:[`camt.053`,`application/xml`],mt940:[`MT940`,`application/vnd.swift.mt940`],json:[`JSON`,`application/json`],text:[`Text`,`text/plain`]},re=10;function ie(){return`${new Date(i()).toISOString().slice(0,7)}-01`}function ae({path:e,scope:t}){let[n]=(0,E.useState)(()=>new Date(i()).toISOString().slice(0,re));return(0,O.jsx)(T,{label:`Statement…`,title:`Download a statement`,scope:t,confirm:`Download`,changesNothing:!0,says:({to:e})=>(0,O.jsxs)(`p`,{children:[`It has each entry from the beginning of the first day`,e?` to the beginning of the last one`:` up to now`,`, in UTC, by the time of posting. Nothing is changed.`]}),fields:[{name:`from`,label:`From`,kind:`date`,initial:ie(),required:!0,max:n},{name:`to`,label:`To, itself left out`,kind:`date`,max:n,help:`Left empty: up to now.`},{name:`format`,label:`Format`,kind:`select`,initial:`pdf`,options:Object.entries($).map(([e,[t]])=>[e,t])}],send:async({from:t,to:n,format:r=`pdf`})=>{let i=new URLSearchParams({from:t,format:r,...n?{to:n}:{}});await c(`${e}?${i}`,$[r][1])},done:()=>`The statement was downloaded.`})}export{U as a,Y as i,ne as n,F as o,X as r,ae as t};