import{l as e,n as t}from"./PageHead-DCYkKlsy.js";import{i as n,t as r,u as i}from"./format-BVDaE3_S.js";import{t as a}from"./Panel-C8HcNPg0.js";import{t as o}from"./Time-DKc-jzRv.js";import{n as s}from"./shim-DW0jLpcr.js";var c=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
    query History($id: ID!, $types: [String!]) {
  events(first: 200, filter: {resourceId: $id, types: $types}) {
    nodes {
      id
      type
      occurredAt
      via
      actor
      requestId
      previous
      data
    }
    pageInfo {
      hasNextPage
    }
  }
}
    `),l=s();function u({previous:e,data:t}){let n=e?.status,r=t?.status;return n&&r&&n!==r?`${i(n)} → ${i(r)}`:null}function d({data:e}){let t=e;return t?.status_reason??t?.statusReason??t?.reason??null}var f=[`ledger.assigned`,`ledger.created`,`ledger.frozen`,`ledger.iban_status.*`,`ledger.overdraft_changed`,`ledger.status.*`,`ledger.unfrozen`,`ledger.updated`],p=[`wallet.closed`,`wallet.created`,`wallet.frozen`,`wallet.overdraft_changed`,`wallet.unfrozen`,`wallet.updated`];function m({id:s,title:f=`What happened`,types:p}){let m=e(c,{id:s,types:p});return(0,l.jsx)(a,{title:f,asked:m,children:({events:e})=>e.nodes.length===0?(0,l.jsx)(t,{children:`No events are kept of this.`}):(0,l.jsxs)(`ol`,{className:`history`,children:[e.nodes.map(e=>(0,l.jsxs)(`li`,{children:[(0,l.jsxs)(`p`,{className:`history-what`,children:[i(e.type),` `,u(e)&&(0,l.jsx)(`span`,{className:`history-change`,children:u(e)})]}),d(e)&&(0,l.jsx)(`p`,{children:d(e)}),(0,l.jsxs)(`p`,{className:`history-who`,children:[(0,l.jsx)(o,{at:e.occurredAt}),` · `,r(e.actor),`, `,n(e.via)]}),(0,l.jsxs)(`details`,{children:[(0,l.jsx)(`summary`,{children:`All of it`}),(0,l.jsx)(`pre`,{children:JSON.stringify({id:e.id,type:e.type,actor:e.actor,requestId:e.requestId,previous:e.previous,data:e.data},null,2)})]})]},e.id)),e.pageInfo.hasNextPage&&(0,l.jsx)(`li`,{children:`More happened after this.`})]})})}export{f as n,p as r,m as t};