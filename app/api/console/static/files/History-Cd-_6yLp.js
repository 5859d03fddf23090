import{l as e,n as t,w as n}from"./PageHead-Bva3yesl.js";import{i as r,t as i,u as a}from"./format-9IgIcqdB.js";import{t as o}from"./Panel-Bnc8Av-7.js";import{t as s}from"./Time-DsHjik3q.js";import{n as c}from"./shim-DW0jLpcr.js";var l=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `),u=c();function d({previous:e,data:t}){let n=e?.status,r=t?.status;return n&&r&&n!==r?`${a(n)} → ${a(r)}`:null}function f({data:e}){let t=e;return t?.status_reason??t?.statusReason??t?.reason??null}var p=[`ledger.assigned`,`ledger.created`,`ledger.frozen`,`ledger.iban_status.*`,`ledger.overdraft_changed`,`ledger.status.*`,`ledger.unfrozen`,`ledger.updated`],m=[`wallet.closed`,`wallet.created`,`wallet.frozen`,`wallet.overdraft_changed`,`wallet.unfrozen`,`wallet.updated`];function h({id:c,title:p=`What happened`,types:m}){let h=e(l,{id:c,types:m});return(0,u.jsx)(o,{title:p,asked:h,children:({events:e})=>e.nodes.length===0?(0,u.jsx)(t,{children:`No events are kept of this.`}):(0,u.jsxs)(`ol`,{className:`history`,children:[e.nodes.map(e=>(0,u.jsxs)(`li`,{children:[(0,u.jsxs)(`p`,{className:`history-what`,children:[a(e.type),` `,d(e)&&(0,u.jsx)(`span`,{className:`history-change`,children:d(e)})]}),f(e)&&(0,u.jsx)(`p`,{children:f(e)}),(0,u.jsxs)(`p`,{className:`history-who`,children:[(0,u.jsx)(s,{at:e.occurredAt}),` · `,i(e.actor),`, `,r(e.via)]}),(0,u.jsxs)(`details`,{children:[(0,u.jsx)(`summary`,{children:`All of it`}),(0,u.jsx)(`pre`,{children:JSON.stringify({id:e.id,type:e.type,actor:e.actor,requestId:e.requestId,previous:e.previous,data:e.data},null,2)})]})]},e.id)),e.pageInfo.hasNextPage&&(0,u.jsx)(`li`,{children:(0,u.jsx)(n,{href:`/events?about=${c}`,children:`More happened after this.`})})]})})}export{p as n,m as r,h as t};