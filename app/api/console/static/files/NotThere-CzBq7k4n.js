import{n as e}from"./shim-DW0jLpcr.js";import{l as t,n,t as r}from"./PageHead-DCYkKlsy.js";import{i,t as a,u as o}from"./format-BVDaE3_S.js";import{t as s}from"./Panel-C8HcNPg0.js";import{t as c}from"./Time-DKc-jzRv.js";var l=e();function u({facts:e}){return(0,l.jsx)(`dl`,{className:`facts`,children:e.filter(([,e])=>e!=null&&e!==!1&&e!==``).map(([e,t])=>(0,l.jsxs)(`div`,{children:[(0,l.jsx)(`dt`,{children:e}),(0,l.jsx)(`dd`,{children:t})]},e))})}function d({metadata:e}){let t=Object.entries(e??{});return t.length===0?(0,l.jsx)(`span`,{className:`none`,children:`none`}):(0,l.jsx)(`ul`,{className:`metadata`,children:t.map(([e,t])=>(0,l.jsxs)(`li`,{children:[(0,l.jsx)(`span`,{className:`metadata-name`,children:e}),` `,typeof t==`string`?t:JSON.stringify(t)]},e))})}var f=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
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
    `);function p({previous:e,data:t}){let n=e?.status,r=t?.status;return n&&r&&n!==r?`${o(n)} → ${o(r)}`:null}function m({data:e}){let t=e;return t?.status_reason??t?.statusReason??t?.reason??null}var h=[`ledger.assigned`,`ledger.created`,`ledger.frozen`,`ledger.iban_status.*`,`ledger.overdraft_changed`,`ledger.status.*`,`ledger.unfrozen`,`ledger.updated`],g=[`wallet.closed`,`wallet.created`,`wallet.frozen`,`wallet.overdraft_changed`,`wallet.unfrozen`,`wallet.updated`];function _({id:e,title:r=`What happened`,types:u}){let d=t(f,{id:e,types:u});return(0,l.jsx)(s,{title:r,asked:d,children:({events:e})=>e.nodes.length===0?(0,l.jsx)(n,{children:`No events are kept of this.`}):(0,l.jsxs)(`ol`,{className:`history`,children:[e.nodes.map(e=>(0,l.jsxs)(`li`,{children:[(0,l.jsxs)(`p`,{className:`history-what`,children:[o(e.type),` `,p(e)&&(0,l.jsx)(`span`,{className:`history-change`,children:p(e)})]}),m(e)&&(0,l.jsx)(`p`,{children:m(e)}),(0,l.jsxs)(`p`,{className:`history-who`,children:[(0,l.jsx)(c,{at:e.occurredAt}),` · `,a(e.actor),`, `,i(e.via)]}),(0,l.jsxs)(`details`,{children:[(0,l.jsx)(`summary`,{children:`All of it`}),(0,l.jsx)(`pre`,{children:JSON.stringify({id:e.id,type:e.type,actor:e.actor,requestId:e.requestId,previous:e.previous,data:e.data},null,2)})]})]},e.id)),e.pageInfo.hasNextPage&&(0,l.jsx)(`li`,{children:`More happened after this.`})]})})}function v({what:e,id:t}){return(0,l.jsxs)(l.Fragment,{children:[(0,l.jsx)(r,{title:`No such ${e}`}),(0,l.jsxs)(`p`,{children:[`This key sees no `,e,` with the id `,(0,l.jsx)(`code`,{children:t}),`.`]})]})}export{u as a,g as i,_ as n,d as o,h as r,v as t};