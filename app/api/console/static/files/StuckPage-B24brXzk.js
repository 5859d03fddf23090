import{t as e}from"./changes.generated-BQ6cOjn7.js";import{n as t}from"./live-oNFnFp8u.js";import{i as n,l as r,m as i,n as a,t as o,w as s}from"./PageHead-Bva3yesl.js";import{n as c,u as l}from"./format-9IgIcqdB.js";import{n as u,r as d,t as f}from"./Filters-D7t4lW8J.js";import{t as p}from"./Panel-Bnc8Av-7.js";import{t as m}from"./addresses-BjjTlFck.js";import{t as h}from"./Action-DGdfuRRw.js";import{t as g}from"./Time-DsHjik3q.js";import{n as _}from"./shim-DW0jLpcr.js";var v=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new v(`
    fragment StuckRow on StuckItem {
  kind
  title
  reason
  advice
  since
  node {
    __typename
    id
    ... on Ledger {
      holder {
        name
      }
    }
  }
  work {
    workId
    task
    status
    attemptCount
    nextAttemptAt
    lastError
  }
}
    `,{fragmentName:`StuckRow`});var y=new v(`
    query WhatIsStuck($kinds: [StuckKind!], $first: Int!) {
  stuckWork(kinds: $kinds, first: $first) {
    items {
      ...StuckRow
    }
    counts {
      kind
      count
      hasMore
    }
    notSearched {
      resourceType
      requiredScope
    }
  }
}
    fragment StuckRow on StuckItem {
  kind
  title
  reason
  advice
  since
  node {
    __typename
    id
    ... on Ledger {
      holder {
        name
      }
    }
  }
  work {
    workId
    task
    status
    attemptCount
    nextAttemptAt
    lastError
  }
}`),b=new v(`
    mutation RetryWork($input: RetryWorkInput!) {
  retryWork(input: $input) {
    __typename
    ... on WorkSuccess {
      work {
        workId
        status
      }
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
}`),x=_();function S(e){return e.replaceAll(/ \(`\w+`\)/g,``)}function C({work:e}){return(0,x.jsx)(h,{label:`Retry…`,title:`Try it again now`,scope:`work:write`,confirm:`Retry`,says:()=>(0,x.jsxs)(x.Fragment,{children:[(0,x.jsxs)(`p`,{children:[(0,x.jsx)(`b`,{children:e.task}),` is tried again at once, and its attempts are counted anew. Trying it more than once does no harm.`]}),e.lastError&&(0,x.jsxs)(`p`,{children:[`What went wrong at last: `,e.lastError]})]}),send:(t,n)=>i(b,{input:{workId:e.workId,idempotencyKey:n}}),done:()=>`It is tried again now.`})}function w({work:e}){return(0,x.jsxs)(`p`,{className:`history-who`,children:[e.attemptCount,` `,e.attemptCount===1?`attempt`:`attempts`,`;`,` `,e.nextAttemptAt?(0,x.jsxs)(x.Fragment,{children:[`the next one `,(0,x.jsx)(g,{at:e.nextAttemptAt})]}):`it is not tried again by itself`]})}function T({item:e}){let{title:t,reason:n,advice:r,since:i,node:a,work:o}=e,c=a&&m(a.__typename,a.id),l=a?.__typename===`Ledger`?a.holder:null,u=`${t??o?.task??``}${l?` of ${l.name}`:``}`;return(0,x.jsx)(`li`,{className:`card`,children:(0,x.jsxs)(`div`,{className:`card-line`,children:[(0,x.jsxs)(`div`,{children:[(0,x.jsx)(`p`,{className:`card-title`,children:c?(0,x.jsx)(s,{href:c,children:u}):u}),(0,x.jsx)(`p`,{className:`card-why`,children:n}),(0,x.jsx)(`p`,{children:S(r)}),(0,x.jsxs)(`p`,{className:`history-who`,children:[`Since `,(0,x.jsx)(g,{at:i})]}),o&&(0,x.jsx)(w,{work:o})]}),o&&(0,x.jsx)(C,{work:o})]})})}var E=50,D=5,O={},k={LEDGER:`Ledgers that cannot be used`,HOLDER:`Holders that wait for somebody`,PAYMENT:`Payments that wait for their bank`,WORK:`Work that keeps failing`,DELIVERY:`Webhooks that failed for good`,ENDPOINT:`Endpoints that are not sent to`},A=Object.keys(k),j=[{name:`kind`,label:`What`,kind:`select`,options:u(`Anything`,A,e=>k[e])}];function M({kind:e,stuck:t}){let n=t.items.filter(t=>t.kind===e),r=t.counts.find(t=>t.kind===e);if(n.length===0)return null;let i=r?`${r.hasMore?`more than `:``}${c(r.count)}`:c(n.length);return(0,x.jsxs)(`section`,{"aria-label":k[e],className:`kind`,children:[(0,x.jsxs)(`h3`,{children:[k[e],` `,(0,x.jsx)(`span`,{className:`kind-count`,children:i})]}),(0,x.jsx)(`ul`,{className:`cards`,children:n.map(e=>(0,x.jsx)(T,{item:e},`${e.work?.workId??e.node?.id}`))}),r&&r.count>n.length&&(0,x.jsxs)(`p`,{className:`none`,children:[`The newest `,c(n.length),` are shown.`]})]})}function N({notSearched:e}){return[...new Set(e.map(e=>e.requiredScope).filter(e=>e!=null))]}function P(){let{kind:i}=d(),s=A.filter(e=>e===i),c=r(y,{kinds:s.length>0?s:null,first:E},{everySeconds:D});return t(e,O),(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(o,{title:`What is stuck`,about:`What waits for somebody or keeps failing: why, and what to do about it.`}),(0,x.jsx)(f,{fields:j}),(0,x.jsx)(p,{title:s[0]?l(s[0]):`Everything`,asked:c,children:({stuckWork:e})=>(0,x.jsxs)(x.Fragment,{children:[(0,x.jsx)(n,{scopes:N(e)}),e.items.length===0?(0,x.jsx)(a,{children:`Nothing is stuck.`}):A.map(t=>(0,x.jsx)(M,{kind:t,stuck:e},t))]})})]})}export{P as default};