import{t as e}from"./changes.generated-BQ6cOjn7.js";import{n as t}from"./live-wr2tXzfG.js";import{C as n,l as r,n as i,t as a}from"./PageHead-DCYkKlsy.js";import{t as o}from"./MoneyByAsset-igbNGuJM.js";import{t as s}from"./Money-BApPB-6B.js";import{t as c}from"./Panel-C8HcNPg0.js";import{t as l}from"./Status-C7EexvOR.js";import{t as u}from"./Time-CUrAgY2k.js";import{n as d}from"./shim-DW0jLpcr.js";import{t as f}from"./addresses-Cx8whkrE.js";import{a as p,n as m}from"./format-D8GcxY-x.js";var h=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},g=new h(`
    query Money {
  balances {
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
    `),_=new h(`
    query WebhookHealth {
  webhookEndpoints {
    id
    url
    status
    statusReason
    stats {
      delivered
      failed
      pending
      oldestPendingSeconds
    }
  }
}
    `),v=new h(`
    query WaitingLedgers {
  ledgers(first: 5, filter: {status: [ERROR, MISSING_DATA]}) {
    nodes {
      id
      asset
      status
      statusReason
      holder {
        name
      }
    }
    pageInfo {
      hasNextPage
    }
  }
}
    `),y=new h(`
    query WaitingHolders {
  holders(first: 5, filter: {status: [QUARANTINE, MISSING_DATA]}) {
    nodes {
      id
      name
      status
      statusReason
    }
    pageInfo {
      hasNextPage
    }
  }
}
    `),b=new h(`
    query RecentPayments {
  payments(first: 8) {
    nodes {
      ...PaymentRow
    }
  }
}
    fragment PaymentRow on Payment {
  id
  direction
  status
  statusReason
  reference
  createdAt
  amount {
    value
    asset
  }
  counterparty {
    name
  }
}`),x=d(),S={};function C(){let e=r(b,S);return(0,x.jsx)(c,{title:`Latest payments`,asked:e,aside:(0,x.jsx)(n,{href:`/payments`,children:`All`}),children:({payments:{nodes:e}})=>e.length===0?(0,x.jsx)(i,{children:`No payment has come in or gone out yet.`}):(0,x.jsx)(`ul`,{className:`lines`,children:e.map(e=>(0,x.jsxs)(`li`,{children:[(0,x.jsxs)(n,{href:`/payments/${e.id}`,children:[e.direction===`OUT`?`To`:`From`,` `,e.counterparty.name]}),(0,x.jsx)(s,{money:e.amount}),(0,x.jsx)(l,{status:e.status}),(0,x.jsx)(u,{at:e.createdAt})]},e.id))})})}var w={};function T(){let e=r(y,w);return(0,x.jsx)(c,{title:`Holders that wait for somebody`,asked:e,children:({holders:{nodes:e,pageInfo:t}})=>e.length===0?(0,x.jsx)(i,{children:`No holder waits for a review or for data.`}):(0,x.jsxs)(`ul`,{className:`lines`,children:[e.map(e=>(0,x.jsxs)(`li`,{children:[(0,x.jsx)(n,{href:`/holders/${e.id}`,children:e.name}),(0,x.jsx)(l,{status:e.status}),(0,x.jsx)(`span`,{className:`lines-why`,children:e.statusReason})]},e.id)),t.hasNextPage&&(0,x.jsx)(`li`,{children:(0,x.jsx)(n,{href:`/holders?status=QUARANTINE`,children:`All in quarantine`})})]})})}function E(){let e=r(v,w);return(0,x.jsx)(c,{title:`Ledgers that cannot be used`,asked:e,children:({ledgers:{nodes:e,pageInfo:t}})=>e.length===0?(0,x.jsx)(i,{children:`No ledger is in error or waits for data.`}):(0,x.jsxs)(`ul`,{className:`lines`,children:[e.map(e=>(0,x.jsxs)(`li`,{children:[(0,x.jsx)(n,{href:`/ledgers/${e.id}`,children:e.holder?`${e.holder.name}, ${e.asset}`:`${e.asset} ledger`}),(0,x.jsx)(l,{status:e.status}),(0,x.jsx)(`span`,{className:`lines-why`,children:e.statusReason})]},e.id)),t.hasNextPage&&(0,x.jsx)(`li`,{children:(0,x.jsx)(n,{href:`/ledgers?status=ERROR`,children:`All in error`})})]})})}function D(){return(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(T,{}),(0,x.jsx)(E,{})]})}var O={};function k({stats:{delivered:e,failed:t,pending:n}}){let r=Math.max(1,e+t+n),i=e=>({width:`${e/r*100}%`});return(0,x.jsxs)(`span`,{className:`bar`,"aria-hidden":`true`,children:[(0,x.jsx)(`span`,{"data-tone":`good`,style:i(e)}),(0,x.jsx)(`span`,{"data-tone":`wait`,style:i(n)}),(0,x.jsx)(`span`,{"data-tone":`bad`,style:i(t)})]})}function A({everySeconds:e}){let t=r(_,O,{everySeconds:e});return(0,x.jsx)(c,{title:`Webhooks, last 7 days`,asked:t,children:({webhookEndpoints:e})=>e.length===0?(0,x.jsx)(i,{children:`No endpoint is told of anything yet.`}):(0,x.jsx)(`ul`,{className:`health`,children:e.map(({id:e,url:t,status:r,statusReason:i,stats:a})=>{let o=f(`webhook_endpoint`,e);return(0,x.jsxs)(`li`,{children:[(0,x.jsxs)(`p`,{className:`health-name`,children:[o?(0,x.jsx)(n,{href:o,children:t}):t,` `,(0,x.jsx)(l,{status:r,title:i})]}),(0,x.jsx)(k,{stats:a}),(0,x.jsxs)(`p`,{className:`health-counts`,children:[m(a.delivered),` delivered, `,m(a.failed),` failed, `,m(a.pending),` open`,a.oldestPendingSeconds?`; the oldest waits for ${p(a.oldestPendingSeconds)}`:``]})]},e)})})})}var j={},M=30,N={types:[`holder.*`,`ledger.status.*`,`payment.*`,`webhook_endpoint.*`]};function P(){let n=r(g,j,{everySeconds:M});return t(e,N),(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(a,{title:`Overview`}),(0,x.jsxs)(`div`,{className:`panels`,children:[(0,x.jsx)(o,{title:`Money by asset`,asked:n}),(0,x.jsx)(D,{}),(0,x.jsx)(A,{everySeconds:M}),(0,x.jsx)(C,{})]})]})}export{P as default};