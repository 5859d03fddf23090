import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{l as r}from"./PageHead-DCYkKlsy.js";var i=new class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}}(`
    query Viewer {
  viewer {
    customerId
    customerName
    environment
    scopes
    apiKey {
      id
      name
      prefix
      expiresAt
    }
    accessToken {
      id
      holderId
      expiresAt
    }
  }
}
    `),a={};function o(){return r(i,a)}function s(){let{data:e}=o();if(!e)return;let{viewer:t}=e.data;return{...t,may:e=>t.scopes.includes(`*`)||t.scopes.includes(e)}}var c=t(n(),1),l=e(),u=6e3,d=()=>void 0;function f(e){d(e)}function p(){let[e,t]=(0,c.useState)(``);return(0,c.useEffect)(()=>{d=t},[]),(0,c.useEffect)(()=>{if(!e)return;let n=setTimeout(()=>t(``),u);return()=>clearTimeout(n)},[e]),(0,l.jsx)(`div`,{className:`toasts`,role:`status`,children:e&&(0,l.jsx)(`div`,{className:`toast`,children:e})})}export{f as n,s as r,p as t};