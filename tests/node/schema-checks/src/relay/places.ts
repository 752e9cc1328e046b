// What a page of a Relay app would ask: a list that pages and refetches, a thing by its id, a mutation, a subscription.
import { graphql } from 'relay-runtime'

graphql`
  fragment places_card on Listing {
    id
    title
    nightlyPrice { amount currencyCode formatted(locale: "de") }
    coverPhoto { url(width: 320) blurhash }
    host { id displayName }
  }
`

graphql`
  fragment places_list on Query
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" }, filter: { type: "SearchFilterInput" })
  @refetchable(queryName: "placesNextPageQuery") {
    searchListings(first: $first, after: $after, filter: $filter) @connection(key: "places_searchListings") {
      totalCount
      edges { node { ...places_card } }
    }
  }
`

graphql`
  fragment places_reviews on Listing
  @argumentDefinitions(first: { type: "Int", defaultValue: 5 }, after: { type: "String" })
  @refetchable(queryName: "placesReviewsQuery") {
    reviews(first: $first, after: $after) @connection(key: "places_reviews") {
      edges { node { overall text author { displayName } } }
    }
  }
`

graphql`
  query placesQuery($filter: SearchFilterInput) {
    ...places_list @arguments(filter: $filter)
    viewer { user { displayName } unreadCounts { notifications } }
  }
`

graphql`
  query placesListingQuery($id: ID!, $stay: StayInput!, $party: PartyInput!) {
    listing(by: { id: $id }) {
      ...places_card
      ...places_reviews
      availability(stay: $stay, party: $party) { isAvailable alternatives { checkIn checkOut } }
    }
    node(id: $id) { __typename ... on Listing { title } }
  }
`

graphql`
  mutation placesBookMutation($input: CreateBookingInput!) {
    createBooking(input: $input) {
      booking { id status }
      payment { clientSecret publishableKey }
      errors { __typename code message path ... on UserError { message } }
    }
  }
`

graphql`
  subscription placesNoticeSubscription($after: ID) {
    notificationReceived(after: $after) { id title booking { id status } }
  }
`
