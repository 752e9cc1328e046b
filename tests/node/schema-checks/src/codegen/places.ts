// A client's code that only compiles if the types that were made from the schema are right, and not just `any`.
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core'
import { graphql } from '../../generated/gql'

export const Places = graphql(`
  query Places($filter: SearchFilterInput, $stay: StayInput) {
    searchListings(filter: $filter, stay: $stay, first: 20) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id title status nightlyPrice { amount currencyCode } coverPhoto { url } host { displayName } }
    }
  }
`)

export const Book = graphql(`
  mutation Book($input: CreateBookingInput!) {
    createBooking(input: $input) {
      booking { id status checkInAt }
      payment { clientSecret }
      errors { code message path nights quote { id total { amount } } }
    }
  }
`)

export const Heard = graphql(`
  subscription Heard { notificationReceived { id kind booking { id status } } }
`)

const asked: VariablesOf<typeof Places> = {
  filter: { place: 'Lisbon', guests: 2, amenities: ['WIFI'], priceMax: { amount: '120.00', currencyCode: 'EUR' } },
  stay: { checkIn: '2027-05-01', checkOut: '2027-05-04' },
}

// @ts-expect-error a date is a string
const wrong: VariablesOf<typeof Places> = { stay: { checkIn: 20270501, checkOut: '2027-05-04' } }

export function said(data: ResultOf<typeof Places>): string[] {
  return data.searchListings.nodes.map((place) => `${place.title}: ${place.nightlyPrice?.amount ?? 'no price'}`)
}

export function next(data: ResultOf<typeof Book>): string {
  const [error] = data.createBooking.errors
  if (!error) return data.createBooking.payment?.clientSecret ?? 'wait'
  switch (error.code) {
    case 'QUOTE_EXPIRED':
      return error.quote?.total.amount ?? 'gone'
    case 'NIGHTS_TAKEN':
      return error.nights.join()
    default:
      return error.message
  }
}

// @ts-expect-error there is no such code
export const unknown: NonNullable<ResultOf<typeof Book>['createBooking']['errors'][number]['code']> = 'NO_SUCH_CODE'

void [asked, wrong]
