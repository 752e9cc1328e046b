// The rules that a schema is judged by: those that graphql-eslint recommends, and Relay's.
import graphql from '@graphql-eslint/eslint-plugin'

export default [
  {
    files: ['generated/schema.graphql'],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: 'generated/schema.graphql' } } },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      // Not everything with an `id` is a Node, and connections of values need none.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Wants an edge type per node that implements Node: our edges come from the library, with more than it allows.
      '@graphql-eslint/relay-edge-types': 'off',
    },
  },
]
