/** An example of what a JSON schema describes: the one that it names, else one made from its types, bounds and formats. */

/** A JSON schema (2020-12), as far as it is read here. */
export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  examples?: unknown[];
  properties?: { [name: string]: JsonSchema };
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minItems?: number;
  minimum?: number;
  [keyword: string]: unknown;
};

/** What `$ref`s lead to: `#/components/schemas/<name>`. */
export type SchemaNames = { readonly [name: string]: JsonSchema };

/** Schemas within schemas that are followed; deeper is left out. */
const depthMax = 12;

const formats: { readonly [format: string]: string } = {
  uuid: 'b3c1f2a4-5d6e-4f70-8a91-b2c3d4e5f607',
  'date-time': '2026-11-23T18:00:00.000Z',
  uri: 'https://inscriptions.example.org/loisirs',
  email: 'camille@example.org',
};

/** The schema that a reference leads to. */
export function resolved(schema: JsonSchema, names: SchemaNames): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  return { ...names[$ref.split('/').at(-1) ?? ''], ...beside };
}

/** An example; undefined where there is none to make. */
export function exampleOf(given: JsonSchema, names: SchemaNames, depth = 0): unknown {
  if (depth > depthMax) return undefined;
  const schema = resolved(given, names);
  const [named] = schema.examples ?? [];
  if (named !== undefined) return named;
  if (schema.default !== undefined) return schema.default;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return exampleOf(choice, names, depth + 1);
  if (schema.allOf) {
    return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, names, depth + 1))) as unknown;
  }
  return exampleOfType(schema, names, depth);
}

function exampleOfType(schema: JsonSchema, names: SchemaNames, depth: number): unknown {
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .map(([name, property]) => [name, exampleOf(property, names, depth + 1)] as const)
          .filter(([, value]) => value !== undefined),
      );
    case 'array':
      return schema.items ? [exampleOf(schema.items, names, depth + 1)] : [];
    case 'string':
      return formats[schema.format ?? ''] ?? 'text';
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, 0);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return undefined;
  }
}
