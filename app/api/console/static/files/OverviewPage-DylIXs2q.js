const __vite__mapDeps=(i,m=__vite__mapDeps,d=(m.f||(m.f=["./TransfersChart-BT4HA_1q.js","./shim-DW0jLpcr.js","./AsTable-C3lv2wF3.js","./react-dom-DM4ClmVL.js","./with-selector-CEG5pMys.js","./format-9IgIcqdB.js"])))=>i.map(i=>d[i]);
import{t as e}from"./changes.generated-BQ6cOjn7.js";import{n as t}from"./live-oNFnFp8u.js";import{a as n,g as r,l as i,n as a,t as o,w as s}from"./PageHead-Bva3yesl.js";import{t as c}from"./MoneyByAsset-9gdil5YN.js";import{n as l,o as u,r as d}from"./shim-DW0jLpcr.js";import{a as f,c as p,d as m,n as h,r as g,u as _}from"./format-9IgIcqdB.js";import{t as v}from"./Panel-Bnc8Av-7.js";import{r as y}from"./preferences-DpCtsUmD.js";import{t as b}from"./Money-BkV-cI-k.js";import{t as x}from"./Status-CGtiXBXC.js";import{t as S}from"./Time-DsHjik3q.js";import{t as C}from"./addresses-BjjTlFck.js";import{t as w}from"./preload-helper-BQUUbbNx.js";var T=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}},E=new T(`
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
    `),D=new T(`
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
    `),O=new T(`
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
    `),k=new T(`
    query TransfersADay($from: DateTime!, $timeZone: String!) {
  transferCounts(from: $from, timeZone: $timeZone) {
    from
    count
    hasMore
  }
}
    `),A=new T(`
    query PaymentsByStatus($from: DateTime!) {
  paymentCounts(from: $from) {
    status
    count
    hasMore
  }
}
    `),j=new T(`
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
}`),M=u(d(),1),N=l(),P=30,F={PENDING:`wait`,ACCEPTED:`good`,DECLINED:`bad`};function I({everySeconds:e}){let{zone:t}=y(),n=(0,M.useMemo)(()=>({from:p(r(),29,t)}),[t]),o=i(A,n,{everySeconds:e});return(0,N.jsx)(v,{title:`Payments by status, last ${P} days`,asked:o,aside:(0,N.jsx)(s,{href:`/payments`,children:`All`}),children:({paymentCounts:e})=>{let t=e.reduce((e,t)=>e+t.count,0);return t===0?(0,N.jsx)(a,{children:`No payment came in or went out in this time.`}):(0,N.jsx)(`ul`,{className:`counts`,children:e.map(e=>(0,N.jsxs)(`li`,{children:[(0,N.jsxs)(`p`,{children:[(0,N.jsx)(s,{href:`/payments?status=${e.status}`,children:_(e.status)}),(0,N.jsxs)(`b`,{children:[h(e.count),e.hasMore&&` or more`]})]}),(0,N.jsx)(`span`,{className:`bar`,"aria-hidden":`true`,children:(0,N.jsx)(`span`,{"data-tone":F[e.status],style:{width:`${e.count/t*100}%`}})})]},e.status))})}})}var L={};function ee(){let e=i(j,L);return(0,N.jsx)(v,{title:`Latest payments`,asked:e,aside:(0,N.jsx)(s,{href:`/payments`,children:`All`}),children:({payments:{nodes:e}})=>e.length===0?(0,N.jsx)(a,{children:`No payment has come in or gone out yet.`}):(0,N.jsx)(`ul`,{className:`lines`,children:e.map(e=>(0,N.jsxs)(`li`,{children:[(0,N.jsxs)(s,{href:`/payments/${e.id}`,children:[e.direction===`OUT`?`To`:`From`,` `,e.counterparty.name]}),(0,N.jsx)(b,{money:e.amount}),(0,N.jsx)(x,{status:e.status}),(0,N.jsx)(S,{at:e.createdAt})]},e.id))})})}var R={},z=/ \(`\w+`\)/g;function B({counts:e}){return(0,N.jsx)(`p`,{className:`chips`,children:e.filter(e=>e.count>0).map(e=>(0,N.jsxs)(`span`,{className:`status`,children:[_(e.kind),`: `,h(e.count),e.hasMore&&` or more`]},e.kind))})}function V({kind:e,title:t,node:n}){return n?.__typename===`Ledger`&&n.holder?`${n.holder.name}, ${n.asset}`:t??_(e)}function H({item:e}){let{kind:t,reason:n,advice:r,since:i,node:a}=e,o=a&&C(a.__typename,a.id),c=V(e);return(0,N.jsxs)(`li`,{"data-kind":t,children:[(0,N.jsxs)(`p`,{className:`stuck-what`,children:[o?(0,N.jsx)(s,{href:o,children:c}):(0,N.jsx)(`span`,{children:c}),(0,N.jsxs)(`span`,{className:`counts-what`,children:[_(t),`, since `,(0,N.jsx)(S,{at:i})]})]}),(0,N.jsx)(`p`,{children:n}),(0,N.jsx)(`p`,{className:`counts-what`,children:r.replace(z,``)})]})}function U({everySeconds:e}){let t=i(O,R,{everySeconds:e});return(0,N.jsx)(v,{title:`What is stuck`,asked:t,aside:(0,N.jsx)(s,{href:`/stuck`,children:`All`}),children:({stuckWork:{items:e,counts:t,notSearched:n}})=>(0,N.jsxs)(N.Fragment,{children:[e.length===0?(0,N.jsx)(a,{children:`Nothing is stuck.`}):(0,N.jsxs)(N.Fragment,{children:[(0,N.jsx)(B,{counts:t}),(0,N.jsx)(`ul`,{className:`stuck`,children:e.map((e,t)=>(0,N.jsx)(H,{item:e},e.node?.id??t))})]}),n.length>0&&(0,N.jsxs)(`p`,{className:`note`,"data-tone":`wait`,children:[`Not looked at: `,n.map(({resourceType:e})=>_(e).toLowerCase()).join(`, `),`. `,n[0].reason]})]})})}var W=(0,M.lazy)(()=>w(()=>import(`./TransfersChart-BT4HA_1q.js`),__vite__mapDeps([0,1,2,3,4,5]),import.meta.url)),G=30;function K({everySeconds:e}){let{zone:t}=y(),o=(0,M.useMemo)(()=>({from:p(r(),29,t),timeZone:m(t)}),[t]),c=i(k,o,{everySeconds:e});return(0,N.jsx)(v,{title:`Transfers a day`,asked:c,aside:(0,N.jsx)(s,{href:`/transfers`,children:`All`}),children:({transferCounts:e})=>e.every(e=>e.count===0)?(0,N.jsxs)(a,{children:[`No transfer was posted in the last `,G,` days.`]}):(0,N.jsx)(M.Suspense,{fallback:(0,N.jsx)(n,{what:`Drawing`}),children:(0,N.jsx)(W,{days:e,text:e=>g(e,t)})})})}var q={};function J({stats:{delivered:e,failed:t,pending:n}}){let r=Math.max(1,e+t+n),i=e=>({width:`${e/r*100}%`});return(0,N.jsxs)(`span`,{className:`bar`,"aria-hidden":`true`,children:[(0,N.jsx)(`span`,{"data-tone":`good`,style:i(e)}),(0,N.jsx)(`span`,{"data-tone":`wait`,style:i(n)}),(0,N.jsx)(`span`,{"data-tone":`bad`,style:i(t)})]})}function Y({everySeconds:e}){let t=i(D,q,{everySeconds:e});return(0,N.jsx)(v,{title:`Webhooks, last 7 days`,asked:t,aside:(0,N.jsx)(s,{href:`/webhooks`,children:`All`}),children:({webhookEndpoints:e})=>e.length===0?(0,N.jsx)(a,{children:`No endpoint is told of anything yet.`}):(0,N.jsx)(`ul`,{className:`health`,children:e.map(({id:e,url:t,status:n,statusReason:r,stats:i})=>{let a=C(`webhook_endpoint`,e);return(0,N.jsxs)(`li`,{children:[(0,N.jsxs)(`p`,{className:`health-name`,children:[a?(0,N.jsx)(s,{href:a,children:t}):t,` `,(0,N.jsx)(x,{status:n,title:r})]}),(0,N.jsx)(J,{stats:i}),(0,N.jsxs)(`p`,{className:`health-counts`,children:[h(i.delivered),` delivered, `,h(i.failed),` failed, `,h(i.pending),` open`,i.oldestPendingSeconds?`; the oldest waits for ${f(i.oldestPendingSeconds)}`:``]})]},e)})})})}var X={},Z=30,Q={types:[`holder.*`,`ledger.status.*`,`payment.*`,`webhook_endpoint.*`,`webhook_delivery.*`]};function $(){let n=i(E,X,{everySeconds:Z});return t(e,Q),(0,N.jsxs)(N.Fragment,{children:[(0,N.jsx)(o,{title:`Overview`}),(0,N.jsxs)(`div`,{className:`pair`,children:[(0,N.jsxs)(`div`,{children:[(0,N.jsx)(c,{title:`Money by asset`,asked:n}),(0,N.jsx)(I,{everySeconds:Z}),(0,N.jsx)(Y,{everySeconds:Z})]}),(0,N.jsxs)(`div`,{children:[(0,N.jsx)(K,{everySeconds:Z}),(0,N.jsx)(U,{everySeconds:Z}),(0,N.jsx)(ee,{})]})]})]})}export{$ as default};