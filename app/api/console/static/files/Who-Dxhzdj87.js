import{n as e}from"./shim-DW0jLpcr.js";import{i as t,t as n}from"./format-9IgIcqdB.js";var r=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new r(`
    fragment EventRow on Event {
  id
  type
  resourceType
  resourceId
  via
  actor
  occurredAt
  apiKey {
    id
    name
  }
}
    `,{fragmentName:`EventRow`});var i=new r(`
    query NewestEvents($last: Int!, $after: String, $filter: EventFilter) {
  events(last: $last, before: $after, filter: $filter) {
    nodes {
      ...EventRow
    }
    pageInfo {
      hasPreviousPage
      startCursor
    }
  }
}
    fragment EventRow on Event {
  id
  type
  resourceType
  resourceId
  via
  actor
  occurredAt
  apiKey {
    id
    name
  }
}`),a=new r(`
    query OneEvent($id: ID!, $text: String!) {
  node(id: $id) {
    __typename
    ... on Event {
      ...EventRow
      resourceVersion
      requestId
      previous
      data
    }
  }
  find(text: $text) {
    objects {
      by
      node {
        __typename
        ... on WebhookDelivery {
          id
          status
          endpoint {
            url
          }
        }
      }
    }
  }
}
    fragment EventRow on Event {
  id
  type
  resourceType
  resourceId
  via
  actor
  occurredAt
  apiKey {
    id
    name
  }
}`),o=new r(`
    query EventTypes {
  eventTypes
}
    `),s=e();function c({event:e}){let t=e.actor.startsWith(`access_token:`);return e.apiKey?(0,s.jsx)(`span`,{title:e.actor,children:t?`${n(e.actor)}, made by the key “${e.apiKey.name}”`:`Key “${e.apiKey.name}”`}):(0,s.jsx)(`span`,{title:e.actor,children:n(e.actor)})}function l({via:e}){return(0,s.jsx)(s.Fragment,{children:t(e)})}export{a,i,c as n,o as r,l as t};