const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["./TransfersChart-BT4HA_1q.js","./shim-DW0jLpcr.js","./AsTable-C3lv2wF3.js","./react-dom-DM4ClmVL.js","./with-selector-CEG5pMys.js","./format-9IgIcqdB.js"])))=>i.map(i=>d[i]);
import{t as e}from"./changes.generated-BQ6cOjn7.js";import{n as t}from"./live-oNFnFp8u.js";import{a as n,g as r,l as i,n as a,t as o,w as s}from"./PageHead-Bva3yesl.js";import{t as c}from"./viewer-Bhgqhjky.js";import{t as l}from"./MoneyByAsset-DJhuHs5w.js";import{n as u,o as d,r as f}from"./shim-DW0jLpcr.js";import{a as p,c as m,d as h,n as g,r as _,u as v}from"./format-9IgIcqdB.js";import{t as y}from"./Panel-Bnc8Av-7.js";import{r as b}from"./preferences-DpCtsUmD.js";import{t as x}from"./Money-BkV-cI-k.js";import{t as S}from"./Status-CGtiXBXC.js";import{t as C}from"./Time-DsHjik3q.js";import{t as w}from"./addresses-BjjTlFck.js";import{t as T}from"./preload-helper-BQUUbbNx.js";var E=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},D=new E(`
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
    `),O=new E(`
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
    `),k=new E(`
    query Stuck {
  stuckWork(first: 4) {
    counts {
      kind
      count
      hasMore
    }
    items {
      kind
      title
      reason
      advice
      since
      node {
        __typename
        id
        ... on Ledger {
          asset
          holder {
            name
          }
        }
      }
    }
    notSearched {
      resourceType
      reason
    }
  }
}
    `),A=new E(`
    query TransfersADay($from: DateTime!, $timeZone: String!) {
  transferCounts(from: $from, timeZone: $timeZone) {
    from
    count
    hasMore
  }
}
    `),j=new E(`
    query PaymentsByStatus($from: DateTime!) {
  paymentCounts(from: $from) {
    status
    count
    hasMore
  }
}
    `),M=new E(`
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
}`),N=d(f(),1),P=u(),F=30,I={PENDING:`wait`,ACCEPTED:`good`,DECLINED:`bad`};function L({everySeconds:e}){let{zone:t}=b(),n=(0,N.useMemo)(()=>({from:m(r(),29,t)}),[t]),o=i(j,n,{everySeconds:e});return(0,P.jsx)(y,{title:`Payments by status, last ${F} days`,asked:o,aside:(0,P.jsx)(s,{href:`/payments`,children:`All`}),children:({paymentCounts:e})=>{let t=e.reduce((e,t)=>e+t.count,0);return t===0?(0,P.jsx)(a,{children:`No payment came in or went out in this time.`}):(0,P.jsx)(`ul`,{className:`counts`,children:e.map(e=>(0,P.jsxs)(`li`,{children:[(0,P.jsxs)(`p`,{children:[(0,P.jsx)(s,{href:`/payments?status=${e.status}`,children:v(e.status)}),(0,P.jsxs)(`b`,{children:[g(e.count),e.hasMore&&` or more`]})]}),(0,P.jsx)(`span`,{className:`bar`,"aria-hidden":`true`,children:(0,P.jsx)(`span`,{"data-tone":I[e.status],style:{width:`${e.count/t*100}%`}})})]},e.status))})}})}var ee={};function R(){let e=i(M,ee);return(0,P.jsx)(y,{title:`Latest payments`,asked:e,aside:(0,P.jsx)(s,{href:`/payments`,children:`All`}),children:({payments:{nodes:e}})=>e.length===0?(0,P.jsx)(a,{children:`No payment has come in or gone out yet.`}):(0,P.jsx)(`ul`,{className:`lines`,children:e.map(e=>(0,P.jsxs)(`li`,{children:[(0,P.jsxs)(s,{href:`/payments/${e.id}`,children:[e.direction===`OUT`?`To`:`From`,` `,e.counterparty.name]}),(0,P.jsx)(x,{money:e.amount}),(0,P.jsx)(S,{status:e.status}),(0,P.jsx)(C,{at:e.createdAt})]},e.id))})})}var z={},B=/ \(`\w+`\)/g;function V({counts:e}){return(0,P.jsx)(`p`,{className:`chips`,children:e.filter(e=>e.count>0).map(e=>(0,P.jsxs)(`span`,{className:`status`,children:[v(e.kind),`: `,g(e.count),e.hasMore&&` or more`]},e.kind))})}function H({kind:e,title:t,node:n}){return n?.__typename===`Ledger`&&n.holder?`${n.holder.name}, ${n.asset}`:t??v(e)}function U({item:e}){let{kind:t,reason:n,advice:r,since:i,node:a}=e,o=a&&w(a.__typename,a.id),c=H(e);return(0,P.jsxs)(`li`,{"data-kind":t,children:[(0,P.jsxs)(`p`,{className:`stuck-what`,children:[o?(0,P.jsx)(s,{href:o,children:c}):(0,P.jsx)(`span`,{children:c}),(0,P.jsxs)(`span`,{className:`counts-what`,children:[v(t),`, since `,(0,P.jsx)(C,{at:i})]})]}),(0,P.jsx)(`p`,{children:n}),(0,P.jsx)(`p`,{className:`counts-what`,children:r.replace(B,``)})]})}function W({everySeconds:e}){let t=i(k,z,{everySeconds:e});return(0,P.jsx)(y,{title:`What is stuck`,asked:t,aside:(0,P.jsx)(s,{href:`/stuck`,children:`All`}),children:({stuckWork:{items:e,counts:t,notSearched:n}})=>(0,P.jsxs)(P.Fragment,{children:[e.length===0?(0,P.jsx)(a,{children:`Nothing is stuck.`}):(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(V,{counts:t}),(0,P.jsx)(`ul`,{className:`stuck`,children:e.map((e,t)=>(0,P.jsx)(U,{item:e},e.node?.id??t))})]}),n.length>0&&(0,P.jsxs)(`p`,{className:`note`,"data-tone":`wait`,children:[`Not looked at: `,n.map(({resourceType:e})=>v(e).toLowerCase()).join(`, `),`. `,n[0].reason]})]})})}var G=(0,N.lazy)(()=>T(()=>import(`./TransfersChart-BT4HA_1q.js`),__vite__mapDeps([0,1,2,3,4,5]),import.meta.url)),K=30;function q({everySeconds:e}){let{zone:t}=b(),o=(0,N.useMemo)(()=>({from:m(r(),29,t),timeZone:h(t)}),[t]),c=i(A,o,{everySeconds:e});return(0,P.jsx)(y,{title:`Transfers a day`,asked:c,aside:(0,P.jsx)(s,{href:`/transfers`,children:`All`}),children:({transferCounts:e})=>e.every(e=>e.count===0)?(0,P.jsxs)(a,{children:[`No transfer was posted in the last `,K,` days.`]}):(0,P.jsx)(N.Suspense,{fallback:(0,P.jsx)(n,{what:`Drawing`}),children:(0,P.jsx)(G,{days:e,text:e=>_(e,t)})})})}var J={};function Y({stats:{delivered:e,failed:t,pending:n}}){let r=Math.max(1,e+t+n),i=e=>({width:`${e/r*100}%`});return(0,P.jsxs)(`span`,{className:`bar`,"aria-hidden":`true`,children:[(0,P.jsx)(`span`,{"data-tone":`good`,style:i(e)}),(0,P.jsx)(`span`,{"data-tone":`wait`,style:i(n)}),(0,P.jsx)(`span`,{"data-tone":`bad`,style:i(t)})]})}function X({everySeconds:e}){let t=i(O,J,{everySeconds:e});return(0,P.jsx)(y,{title:`Webhooks, last 7 days`,asked:t,aside:(0,P.jsx)(s,{href:`/webhooks`,children:`All`}),children:({webhookEndpoints:e})=>e.length===0?(0,P.jsx)(a,{children:`No endpoint is told of anything yet.`}):(0,P.jsx)(`ul`,{className:`health`,children:e.map(({id:e,url:t,status:n,statusReason:r,stats:i})=>{let a=w(`webhook_endpoint`,e);return(0,P.jsxs)(`li`,{children:[(0,P.jsxs)(`p`,{className:`health-name`,children:[a?(0,P.jsx)(s,{href:a,children:t}):t,` `,(0,P.jsx)(S,{status:n,title:r})]}),(0,P.jsx)(Y,{stats:i}),(0,P.jsxs)(`p`,{className:`health-counts`,children:[g(i.delivered),` delivered, `,g(i.failed),` failed, `,g(i.pending),` open`,i.oldestPendingSeconds?`; the oldest waits for ${p(i.oldestPendingSeconds)}`:``]})]},e)})})})}var Z={},Q=30,$={types:[`holder.*`,`ledger.status.*`,`payment.*`,`webhook_endpoint.*`,`webhook_delivery.*`]};function te(){let n=i(D,Z,{everySeconds:Q});t(e,$);let r=!!c().data?.data.viewer.accessToken;return(0,P.jsxs)(P.Fragment,{children:[(0,P.jsx)(o,{title:`Overview`}),(0,P.jsxs)(`div`,{className:`pair`,children:[(0,P.jsxs)(`div`,{children:[(0,P.jsx)(l,{title:`Money by asset`,asked:n}),!r&&(0,P.jsx)(L,{everySeconds:Q}),!r&&(0,P.jsx)(X,{everySeconds:Q})]}),(0,P.jsxs)(`div`,{children:[!r&&(0,P.jsx)(q,{everySeconds:Q}),!r&&(0,P.jsx)(W,{everySeconds:Q}),(0,P.jsx)(R,{})]})]})]})}export{te as default};