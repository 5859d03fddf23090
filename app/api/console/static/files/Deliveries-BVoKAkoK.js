import{l as e,n as t,w as n}from"./PageHead-Bva3yesl.js";import{t as r}from"./addresses-BjjTlFck.js";import{u as i}from"./format-9IgIcqdB.js";import{t as a}from"./Panel-Bnc8Av-7.js";import{t as o}from"./Status-CGtiXBXC.js";import{t as s}from"./Time-DsHjik3q.js";import{n as c}from"./shim-DW0jLpcr.js";var l=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
    query DeliveriesOf($resourceId: ID!) {
  webhookDeliveries(first: 20, filter: {resourceId: $resourceId}) {
    nodes {
      id
      eventType
      status
      attemptCount
      createdAt
      endpoint {
        id
        url
      }
    }
  }
}
    `),u=c();function d({resourceId:c}){let d=e(l,{resourceId:c});return(0,u.jsx)(a,{title:`Webhooks about it`,asked:d,children:({webhookDeliveries:{nodes:e}})=>e.length===0?(0,u.jsx)(t,{children:`No webhook was sent about it: no endpoint asked for it when it happened.`}):(0,u.jsx)(`div`,{className:`table-scroll`,tabIndex:0,role:`region`,"aria-label":`Webhooks about it`,children:(0,u.jsxs)(`table`,{children:[(0,u.jsx)(`thead`,{children:(0,u.jsxs)(`tr`,{children:[(0,u.jsx)(`th`,{scope:`col`,children:`What`}),(0,u.jsx)(`th`,{scope:`col`,children:`Status`}),(0,u.jsx)(`th`,{scope:`col`,children:`To`}),(0,u.jsx)(`th`,{scope:`col`,children:`When`}),(0,u.jsx)(`th`,{scope:`col`,children:`Attempts`})]})}),(0,u.jsx)(`tbody`,{children:e.map(e=>{let t=r(`webhook_delivery`,e.id);return(0,u.jsxs)(`tr`,{children:[(0,u.jsx)(`td`,{children:t?(0,u.jsx)(n,{href:t,children:i(e.eventType)}):i(e.eventType)}),(0,u.jsx)(`td`,{children:(0,u.jsx)(o,{status:e.status})}),(0,u.jsx)(`td`,{children:e.endpoint.url}),(0,u.jsx)(`td`,{children:(0,u.jsx)(s,{at:e.createdAt})}),(0,u.jsx)(`td`,{children:e.attemptCount})]},e.id)})})]})})})}export{d as t};