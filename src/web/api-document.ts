/** An OpenAPI 3.1 document, as far as it is made and read here. */
import type { JsonSchema } from './api-example.ts';

export type ApiMediaType = {
  schema?: JsonSchema;
  example?: unknown;
  examples?: { [name: string]: { summary?: string; value: unknown } };
};
export type ApiAnswer = { description: string; headers?: object; content?: { [type: string]: ApiMediaType } };
export type ApiOperation = {
  operationId: string;
  summary: string;
  description?: string;
  tags?: string[];
  security?: { [scheme: string]: string[] }[];
  parameters?: {
    name: string;
    in: string;
    description?: string;
    required?: boolean;
    example?: unknown;
    schema: JsonSchema;
  }[];
  requestBody?: { required?: boolean; content: { [type: string]: ApiMediaType } };
  responses: { [status: string]: ApiAnswer };
};
/** The whole. */
export type ApiDocument = {
  openapi: string;
  info: { title: string; version: string; description: string };
  servers: { url: string; description: string }[];
  tags: { name: string; description?: string }[];
  paths: { [path: string]: { [method: string]: ApiOperation } };
  components: { schemas: { [name: string]: JsonSchema }; securitySchemes: { [name: string]: object } };
};
