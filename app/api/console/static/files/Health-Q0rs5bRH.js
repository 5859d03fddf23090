import{n as e}from"./shim-DW0jLpcr.js";import{a as t,n}from"./format-9IgIcqdB.js";import{t as r}from"./Id-Dcoururi.js";var i=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new i(`
    fragment EndpointRow on WebhookEndpoint {
  id
  url
  description
  status
  statusReason
  eventTypes
  stats {
    delivered
    failed
    pending
    oldestPendingSeconds
  }
}
    `,{fragmentName:`EndpointRow`});var a=new i(`
    query Endpoints {
  webhookEndpoints {
    ...EndpointRow
  }
}
    fragment EndpointRow on WebhookEndpoint {
  id
  url
  description
  status
  statusReason
  eventTypes
  stats {
    delivered
    failed
    pending
    oldestPendingSeconds
  }
}`),o=new i(`
    query Endpoint($id: ID!) {
  webhookEndpoint(id: $id) {
    ...EndpointRow
    payload
    ordered
    maxPerSecond
    filter
    holderId
    headerNames
    publicKey
    secretExpiresAt
    createdAt
    updatedAt
  }
}
    fragment EndpointRow on WebhookEndpoint {
  id
  url
  description
  status
  statusReason
  eventTypes
  stats {
    delivered
    failed
    pending
    oldestPendingSeconds
  }
}`),s=new i(`
    query Replay($id: ID!) {
  node(id: $id) {
    __typename
    ... on WebhookReplay {
      id
      matched
      scheduled
      createdAt
      finishedAt
    }
  }
}
    `),c=new i(`
    mutation CreateEndpoint($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    __typename
    ... on WebhookSecretSuccess {
      endpoint {
        id
      }
      secret
      publicKey
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
}`),l=new i(`
    mutation UpdateEndpoint($input: UpdateWebhookEndpointInput!) {
  updateWebhookEndpoint(input: $input) {
    __typename
    ... on WebhookEndpointSuccess {
      endpoint {
        id
        status
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
}`),u=new i(`
    mutation DeleteEndpoint($id: ID!) {
  deleteWebhookEndpoint(endpointId: $id) {
    __typename
    ... on DeletedSuccess {
      deletedId
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
}`),d=new i(`
    mutation RotateSecret($id: ID!, $overlapHours: Int!) {
  rotateWebhookSecret(endpointId: $id, overlapHours: $overlapHours) {
    __typename
    ... on WebhookSecretSuccess {
      endpoint {
        id
        secretExpiresAt
      }
      secret
      publicKey
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
}`),f=new i(`
    mutation Ping($id: ID!) {
  pingWebhookEndpoint(endpointId: $id) {
    __typename
    ... on WebhookDeliverySuccess {
      delivery {
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
}`),p=new i(`
    mutation BeginReplay($input: ReplayWebhooksInput!) {
  replayWebhooks(input: $input) {
    __typename
    ... on WebhookReplaySuccess {
      replay {
        id
        matched
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
}`),m=e();function h({secret:e,publicKey:t}){return(0,m.jsxs)(m.Fragment,{children:[(0,m.jsxs)(`p`,{children:[(0,m.jsx)(`b`,{children:`This is the only time that the secret is shown.`}),` Copy it to the receiver now.`]}),(0,m.jsxs)(`p`,{className:`secret`,children:[(0,m.jsx)(`code`,{children:e}),` `,(0,m.jsx)(r,{text:e,what:`the secret`})]}),(0,m.jsx)(`p`,{children:`A receiver may verify with the public key instead, which is shown at any time:`}),(0,m.jsxs)(`p`,{className:`secret`,children:[(0,m.jsx)(`code`,{children:t}),` `,(0,m.jsx)(r,{text:t,what:`the public key`})]})]})}function g({stats:e}){let{delivered:r,failed:i,pending:a,oldestPendingSeconds:o}=e,s=Math.max(1,r+i+a),c=e=>({width:`${e/s*100}%`});return(0,m.jsxs)(`div`,{className:`health`,children:[(0,m.jsxs)(`span`,{className:`bar`,"aria-hidden":`true`,children:[(0,m.jsx)(`span`,{"data-tone":`good`,style:c(r)}),(0,m.jsx)(`span`,{"data-tone":`wait`,style:c(a)}),(0,m.jsx)(`span`,{"data-tone":`bad`,style:c(i)})]}),(0,m.jsxs)(`p`,{className:`health-counts`,children:[n(r),` delivered and `,n(i),` failed for good in 7 days, `,n(a),` open`,o?`; the oldest waits for ${t(o)}`:``]})]})}export{u as a,f as c,l as d,c as i,s as l,h as n,o,p as r,a as s,g as t,d as u};