// Types for clients, as The Guild's client preset makes them. Scalars are strings on the wire, all of them.
import type { CodegenConfig } from '@graphql-codegen/cli'

const text = 'string'

const config: CodegenConfig = {
  schema: 'generated/schema.graphql',
  documents: 'src/codegen/*.ts',
  generates: {
    'generated/gql/': {
      preset: 'client',
      config: {
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: {
          CountryCode: text, CurrencyCode: text, Date: text, DateTime: text, Decimal: text, EmailAddress: text,
          LocalTime: text, Locale: text, TimeZone: text, URL: text, Upload: 'File',
        },
      },
    },
  },
}

export default config
