import{t as e}from"./changes.generated-BQ6cOjn7.js";import{n as t}from"./live-oNFnFp8u.js";import{a as n,i as r,l as i,m as a,r as o,t as s,u as c}from"./PageHead-Bva3yesl.js";import{u as l}from"./format-9IgIcqdB.js";import{n as u,t as d}from"./Facts-Dz7R6B6x.js";import{n as f}from"./Id-Dcoururi.js";import{t as p}from"./List-BgylYIPs.js";import{n as m}from"./Panel-Bnc8Av-7.js";import{t as h}from"./Status-CGtiXBXC.js";import{t as g}from"./Tabs-26TmbJjd.js";import{t as _}from"./Time-DsHjik3q.js";import{t as v}from"./History-Cd-_6yLp.js";import{t as y}from"./Deliveries-BVoKAkoK.js";import{t as b}from"./MoneyByAsset-DJhuHs5w.js";import{t as x}from"./NotThere-NKEgixMm.js";import{t as S}from"./accountColumns-RODUp1wI.js";import{t as C}from"./ledgerColumns-DZbDHtzW.js";import{n as w}from"./HoldersPage-tykFJeae.js";import{t as T}from"./Action-DGdfuRRw.js";import{n as E}from"./shim-DW0jLpcr.js";var D=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},O=new D(`
    query Holder($id: ID!) {
  holder(id: $id) {
    id
    kind
    status
    statusReason
    missingData
    name
    person {
      dateOfBirth
    }
    company {
      registrationNumber
    }
    email
    address {
      line1
      line2
      city
      region
      postalCode
      country
    }
    metadata
    createdAt
    updatedAt
  }
}
    `),k=new D(`
    query HolderMoney($id: ID!) {
  balances(holderId: $id) {
    asset
    accountingType
    count
    posted {
      value
      asset
    }
    held {
      value
      asset
    }
    available {
      value
      asset
    }
  }
}
    `),A=new D(`
    query HolderLedgers($id: ID!, $first: Int!, $after: String) {
  ledgers(first: $first, after: $after, filter: {holderId: $id}) {
    nodes {
      ...LedgerRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment LedgerRow on Ledger {
  id
  asset
  status
  statusReason
  iban
  isVirtual
  createdAt
  freeze {
    scope
  }
  holder {
    id
    name
  }
  balance {
    posted {
      value
      asset
    }
    available {
      value
      asset
    }
  }
}`),j=new D(`
    query HolderAccounts($id: ID!, $first: Int!, $after: String) {
  accounts(first: $first, after: $after, filter: {holderId: $id}) {
    nodes {
      ...AccountRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AccountRow on Account {
  id
  type
  reference
  createdAt
  closedAt
  holder {
    name
  }
}`),M=new D(`
    mutation ReviewHolder($input: ReviewHolderInput!) {
  reviewHolder(input: $input) {
    __typename
    ... on HolderSuccess {
      holder {
        id
        status
      }
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
}`),N=E(),P=`holders:review`,F={name:`reason`,label:`Why`,kind:`textarea`,required:!0,maxLength:255,help:`It is shown with the holder, and kept in the events.`};function I({id:e,name:t}){return(0,N.jsxs)(N.Fragment,{children:[(0,N.jsx)(T,{label:`Approve…`,title:`Approve ${t}`,scope:P,confirm:`Approve`,says:()=>(0,N.jsx)(`p`,{children:`The holder becomes OK. Ledgers that wait for it are opened at once, by themselves.`}),fields:[F],send:({reason:t},n)=>a(M,{input:{holderId:e,decision:`APPROVE`,reason:t,idempotencyKey:n}}),done:()=>`${t} was approved.`}),(0,N.jsx)(T,{label:`Decline…`,title:`Decline ${t}`,scope:P,confirm:`Decline`,danger:!0,says:()=>(0,N.jsx)(`p`,{children:`The holder is declined, and ledgers that wait for it cannot be opened.`}),fields:[F],send:({reason:t},n)=>a(M,{input:{holderId:e,decision:`DECLINE`,reason:t,idempotencyKey:n}}),done:()=>`${t} was declined.`})]})}var L={types:[`holder.*`]},R={PENDING:[`wait`,`The holder is being screened. The page changes by itself when that is done.`],MISSING_DATA:[`wait`,`The holder lacks data. Its ledgers wait for it.`],QUARANTINE:[`wait`,`The holder waits for a review: somebody must approve or decline it.`],DECLINED:[`bad`,`The holder was declined.`]};function z({holder:e}){let t=e.statusReason?[`good`,`The holder is OK.`]:[],[n,r]=e.status===`OK`?t:R[e.status]??[];return r===void 0?null:(0,N.jsxs)(`div`,{className:`note`,"data-tone":n,children:[(0,N.jsx)(`p`,{children:(0,N.jsx)(`b`,{children:r})}),e.statusReason&&(0,N.jsxs)(`p`,{children:[`Reason: `,e.statusReason]}),e.missingData.length>0&&(0,N.jsxs)(`p`,{children:[`Missing: `,e.missingData.map(l).join(`, `),`.`]})]})}function B({id:e}){let t=c(A,{id:e,first:100},e=>e.ledgers);return(0,N.jsx)(p,{label:`Ledgers`,columns:C,list:t,rowKey:e=>e.id,href:e=>`/ledgers/${e.id}`,empty:`This holder has no ledger.`})}function V({id:e}){let t=c(j,{id:e,first:100},e=>e.accounts);return(0,N.jsx)(p,{label:`Accounts`,columns:S,list:t,rowKey:e=>e.id,href:e=>`/accounts/${e.id}`,empty:`This holder has no account.`})}function H({holder:e}){let{address:t}=e,n=t&&[t.line1,t.line2,t.city,t.region,t.postalCode,t.country];return(0,N.jsx)(m,{title:`Details`,children:(0,N.jsx)(d,{facts:[[`Kind`,w[e.kind]],[`Date of birth`,e.person?.dateOfBirth],[`Registration number`,e.company?.registrationNumber],[`E-mail`,e.email],[`Address`,n?.filter(Boolean).join(`, `)],[`Created`,(0,N.jsx)(_,{at:e.createdAt})],[`Changed`,(0,N.jsx)(_,{at:e.updatedAt})],[`Metadata`,(0,N.jsx)(u,{metadata:e.metadata})]]})})}function U({id:a}){let c=i(O,{id:a}),l=i(k,{id:a});t(e,L);let u=c.data?.data.holder;return c.data?u?(0,N.jsxs)(N.Fragment,{children:[(0,N.jsxs)(s,{title:u.name,about:(0,N.jsx)(f,{value:a}),actions:u.status===`QUARANTINE`&&(0,N.jsx)(I,{id:a,name:u.name}),children:[u.name,` `,(0,N.jsx)(h,{status:u.status})]}),(0,N.jsx)(r,{scopes:c.data.lacking}),(0,N.jsx)(z,{holder:u}),(0,N.jsxs)(`div`,{className:`columns`,children:[(0,N.jsx)(b,{title:`Money`,asked:l}),(0,N.jsx)(H,{holder:u})]}),(0,N.jsx)(g,{label:`Of this holder`,tabs:[{name:`ledgers`,label:`Ledgers`,content:()=>(0,N.jsx)(B,{id:a})},{name:`accounts`,label:`Accounts`,content:()=>(0,N.jsx)(V,{id:a})},{name:`events`,label:`Events`,content:()=>(0,N.jsx)(v,{id:a})},{name:`webhooks`,label:`Webhooks`,content:()=>(0,N.jsx)(y,{resourceId:a})}]})]}):(0,N.jsx)(x,{what:`holder`,id:a}):c.error?(0,N.jsx)(o,{failure:c.error,again:()=>void c.refetch()}):(0,N.jsx)(n,{})}export{U as default};