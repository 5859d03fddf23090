import{n as e,o as t,r as n}from"./shim-DW0jLpcr.js";import{t as r}from"./changes.generated-BQ6cOjn7.js";import{n as i}from"./live-oNFnFp8u.js";import{a,g as o,l as s,m as c,n as l,r as u,t as d}from"./PageHead-Bva3yesl.js";import{n as f}from"./viewer-Bhgqhjky.js";import{t as p}from"./Action-DGdfuRRw.js";import{t as m}from"./List-BgylYIPs.js";import{n as h}from"./Panel-Bnc8Av-7.js";import{t as g}from"./Tabs-26TmbJjd.js";import{t as _}from"./Time-DsHjik3q.js";import{t as v}from"./Id-Dcoururi.js";import{t as y}from"./ids-BRPt3bUi.js";import{r as b,t as x}from"./Filters-D7t4lW8J.js";var S=t(n(),1),C=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new C(`
    fragment ApiKeyRow on ApiKey {
  id
  name
  prefix
  scopes
  lastUsedAt
  expiresAt
  revokedAt
  createdAt
}
    `,{fragmentName:`ApiKeyRow`});var w=new C(`
    query ApiKeys {
  apiKeys {
    ...ApiKeyRow
  }
}
    fragment ApiKeyRow on ApiKey {
  id
  name
  prefix
  scopes
  lastUsedAt
  expiresAt
  revokedAt
  createdAt
}`),T=new C(`
    query TokensOfHolder($holderId: ID!) {
  accessTokens(holderId: $holderId) {
    id
    prefix
    scopes
    apiKeyId
    expiresAt
    createdAt
  }
}
    `),E=new C(`
    mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    __typename
    ... on ApiKeySuccess {
      apiKey {
        id
        name
      }
      key
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
}`),D=new C(`
    mutation RevokeApiKey($id: ID!) {
  revokeApiKey(apiKeyId: $id) {
    __typename
    ... on ApiKeySuccess {
      apiKey {
        id
        revokedAt
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
}`),O=new C(`
    mutation RevokeAccessToken($id: ID!) {
  revokeAccessToken(accessTokenId: $id) {
    __typename
    ... on RevokedAccessTokenSuccess {
      accessToken {
        id
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
}`),k=[[`holders:read`,`See holders`],[`holders:write`,`Make and change holders`],[`holders:review`,`Approve or decline holders in quarantine`],[`ledgers:read`,`See ledgers`],[`ledgers:write`,`Issue, change and close ledgers`],[`ledgers:freeze`,`Freeze ledgers and wallets, and set overdraft limits`],[`accounts:read`,`See accounts and wallets`],[`accounts:write`,`Open, change and close accounts and wallets`],[`transfers:read`,`See transfers, holds and entries`],[`transfers:write`,`Move and hold money`],[`payments:read`,`See payments`],[`payments:write`,`Send payments`],[`webhooks:read`,`See webhook endpoints and deliveries`],[`webhooks:write`,`Make and change endpoints, and send messages again`],[`work:read`,`See promised work that fails`],[`work:write`,`Have promised work tried again`],[`books:write`,`Close the books`],[`keys:write`,`See, make and revoke keys`],[`*`,`Everything`]],A=e();function j(e){return e?new Date(`${e}T00:00:00`).toISOString():null}function M(){let e=f(),t=k.filter(([t])=>e?.may(t)).map(([e,t])=>[e,`${e}: ${t.charAt(0).toLowerCase()}${t.slice(1)}`]);return(0,A.jsx)(p,{label:`New key…`,title:`Make an API key`,scope:`keys:write`,confirm:`Make it`,says:()=>(0,A.jsx)(`p`,{children:`Whoever has the key may do what its scopes say, in the name of this customer. It is shown once. Sending this twice makes two keys.`}),fields:[{name:`name`,label:`What it is for`,required:!0,maxLength:255},{name:`scopes`,label:`What it may do`,kind:`checks`,options:t,required:!0},{name:`expires`,label:`Ends on`,kind:`date`,help:`At the beginning of this day. Nothing means never.`}],lookFirst:`Look at the keys first: it may be there, without anybody having seen it. If so, revoke it. Sending this again makes another key.`,send:({name:e,scopes:t,expires:n})=>c(E,{input:{name:e,scopes:(t??``).split(` `).filter(Boolean),expiresAt:j(n)}}),shows:({key:e})=>(0,A.jsxs)(A.Fragment,{children:[(0,A.jsxs)(`p`,{children:[(0,A.jsx)(`b`,{children:`This is the only time that the key is shown.`}),` Copy it now.`]}),(0,A.jsxs)(`p`,{className:`secret`,children:[(0,A.jsx)(`code`,{children:e}),` `,(0,A.jsx)(v,{text:e??``,what:`the key`})]})]}),done:({apiKey:e})=>`The key ${e.name} was made.`})}var N=[{name:`holder`,label:`Holder`,help:`Its id. Copy it from the holder's page.`}];function P({holderId:e}){let t=s(T,{holderId:e}),n=t.data?.data.accessTokens;return n?n.length===0?(0,A.jsx)(l,{children:`This holder has no access token that has not ended.`}):(0,A.jsx)(`div`,{className:`table-scroll`,tabIndex:0,role:`region`,"aria-label":`Access tokens`,children:(0,A.jsxs)(`table`,{children:[(0,A.jsx)(`thead`,{children:(0,A.jsxs)(`tr`,{children:[(0,A.jsx)(`th`,{scope:`col`,children:`Begins with`}),(0,A.jsx)(`th`,{scope:`col`,children:`May`}),(0,A.jsx)(`th`,{scope:`col`,children:`Made`}),(0,A.jsx)(`th`,{scope:`col`,children:`Ends`}),(0,A.jsx)(`th`,{scope:`col`,children:(0,A.jsx)(`span`,{className:`off-screen`,children:`Revoke`})})]})}),(0,A.jsx)(`tbody`,{children:n.map(e=>(0,A.jsxs)(`tr`,{children:[(0,A.jsx)(`td`,{children:(0,A.jsx)(`code`,{children:e.prefix})}),(0,A.jsx)(`td`,{children:e.scopes.includes(`*`)?`everything of its own`:e.scopes.join(`, `)}),(0,A.jsx)(`td`,{children:(0,A.jsx)(_,{at:e.createdAt})}),(0,A.jsx)(`td`,{children:(0,A.jsx)(_,{at:e.expiresAt})}),(0,A.jsx)(`td`,{children:(0,A.jsx)(p,{label:`Revoke…`,title:`Revoke the access token`,scope:`keys:write`,confirm:`Revoke it`,danger:!0,says:()=>(0,A.jsxs)(`p`,{children:[`The token `,(0,A.jsxs)(`code`,{children:[e.prefix,`…`]}),` is refused from now on, and its subscriptions end. The holder needs a new one.`]}),send:()=>c(O,{id:e.id}),done:()=>`The token was revoked.`})})]},e.id))})]})}):t.error?(0,A.jsx)(u,{failure:t.error,again:()=>void t.refetch()}):(0,A.jsx)(a,{})}function F(){let e=b().holder?.trim()??``;return(0,A.jsxs)(A.Fragment,{children:[(0,A.jsx)(x,{fields:N}),y(e)?(0,A.jsx)(P,{holderId:e}):(0,A.jsx)(l,{children:`Give a holder’s id to see its tokens. They are short-lived keys for one holder’s browser.`})]})}var I={},L={types:[`api_key.*`]},R=[];function z({revokedAt:e,expiresAt:t}){return e?[`bad`,`Revoked`]:t&&Date.parse(t)<=o()?[`bad`,`Expired`]:[`good`,`Valid`]}function B({row:e}){let[t,n]=z(e);return(0,A.jsx)(`span`,{className:`status`,"data-tone":t,children:n})}function V({row:e,isOwn:t}){return z(e)[1]===`Valid`?(0,A.jsx)(p,{label:`Revoke…`,title:`Revoke ${e.name}`,scope:`keys:write`,confirm:`Revoke it`,danger:!0,says:()=>(0,A.jsxs)(A.Fragment,{children:[(0,A.jsxs)(`p`,{children:[`The key `,(0,A.jsxs)(`code`,{children:[e.prefix,`…`]}),` is refused from now on, its subscriptions end, and so do the access tokens that it made. This cannot be undone.`]}),t&&(0,A.jsx)(`p`,{children:(0,A.jsx)(`b`,{children:`It is the key that you are signed in with: you will be signed out.`})})]}),send:()=>c(D,{id:e.id}),done:()=>`The key ${e.name} was revoked.`}):null}function H(e){return[{name:`Name`,width:`minmax(215px, 2fr)`,cell:t=>(0,A.jsxs)(A.Fragment,{children:[t.name,t.id===e&&` (this one)`]})},{name:`State`,width:`90px`,cell:e=>(0,A.jsx)(B,{row:e})},{name:`Begins with`,width:`120px`,cell:e=>(0,A.jsx)(`code`,{children:e.prefix})},{name:`May`,width:`minmax(120px, 2fr)`,wide:!0,cell:e=>(0,A.jsx)(`span`,{title:e.scopes.join(`, `),children:e.scopes.includes(`*`)?`everything`:e.scopes.join(`, `)})},{name:`Last used`,width:`minmax(110px, 1fr)`,wide:!0,cell:e=>(0,A.jsx)(_,{at:e.lastUsedAt})},{name:`Ends`,width:`minmax(110px, 1fr)`,wide:!0,cell:e=>(0,A.jsx)(_,{at:e.revokedAt??e.expiresAt})},{name:`Revoke`,width:`110px`,align:`end`,cell:t=>(0,A.jsx)(V,{row:t,isOwn:t.id===e})}]}function U(){let e=s(w,I),t=f()?.apiKey?.id,n=(0,S.useMemo)(()=>H(t),[t]),r={rows:e.data?.data.apiKeys??R,total:null,hasMore:!1,isLoading:e.isPending,isLoadingMore:!1,failure:e.error,lacking:e.data?.lacking??R,more:()=>void 0,again:()=>void e.refetch()};return(0,A.jsx)(m,{label:`API keys`,columns:n,list:r,rowKey:e=>e.id,empty:`There is no key.`})}function W(){return i(r,L),(0,A.jsxs)(A.Fragment,{children:[(0,A.jsx)(d,{title:`API keys`,about:`Who may use the API in the name of this customer, and what each may do.`,actions:(0,A.jsx)(M,{})}),(0,A.jsx)(g,{label:`Keys and tokens`,tabs:[{name:`keys`,label:`Keys`,content:()=>(0,A.jsx)(U,{})},{name:`tokens`,label:`Access tokens`,content:()=>(0,A.jsx)(h,{title:`Access tokens of a holder`,children:(0,A.jsx)(F,{})})}]})]})}export{W as default};