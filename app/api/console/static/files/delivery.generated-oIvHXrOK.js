var e=class extends String{__apiType;value;__meta__;constructor(e,t){super(e),this.value=e,this.__meta__=t}toString(){return this.value}};new e(`
    fragment DeliveryRow on WebhookDelivery {
  id
  eventId
  eventType
  status
  attemptCount
  nextAttemptAt
  createdAt
  endpoint {
    id
    url
    status
    statusReason
    deletedAt
  }
}
    `,{fragmentName:`DeliveryRow`});var t=new e(`
    query Deliveries($first: Int!, $after: String, $filter: WebhookDeliveryFilter) {
  webhookDeliveries(first: $first, after: $after, filter: $filter) {
    nodes {
      ...DeliveryRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment DeliveryRow on WebhookDelivery {
  id
  eventId
  eventType
  status
  attemptCount
  nextAttemptAt
  createdAt
  endpoint {
    id
    url
    status
    statusReason
    deletedAt
  }
}`),n=new e(`
    query Delivery($id: ID!) {
  webhookDelivery(id: $id) {
    ...DeliveryRow
    updatedAt
    requestBody
    event {
      id
      resourceType
      resourceId
    }
    attempts {
      number
      startedAt
      durationMs
      responseStatus
      error
      responseBody
    }
  }
}
    fragment DeliveryRow on WebhookDelivery {
  id
  eventId
  eventType
  status
  attemptCount
  nextAttemptAt
  createdAt
  endpoint {
    id
    url
    status
    statusReason
    deletedAt
  }
}`),r=new e(`
    mutation Redeliver($id: ID!) {
  redeliverWebhook(deliveryId: $id) {
    __typename
    ... on WebhookDeliverySuccess {
      delivery {
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
}`);export{n,r,t};