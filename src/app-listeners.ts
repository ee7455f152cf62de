/** The two listeners over the parts of the service: a part of app.ts. */
import type { FastifyInstance } from 'fastify';
import { gateCounts } from './app-gate.ts';
import type { Config } from './config.ts';
import { describeApi } from './edge/api-description.ts';
import { registerWidget } from './edge/asset-routes.ts';
import { emailAsksPerMinute, emailRoutes } from './edge/email-routes.ts';
import { apiPageRoutes } from './edge/api-page-routes.ts';
import { previewRoutes } from './edge/preview-routes.ts';
import { gateRoutes } from './edge/gate-routes.ts';
import { originRoutes } from './edge/origin-routes.ts';
import { otherPages } from './edge/other-pages.ts';
import { probes } from './edge/probes.ts';
import { prefixLimit } from './edge/prefix-limit.ts';
import { answerProblems, unreadable } from './edge/problem.ts';
import { resumeRoutes, resumeTriesPerMinute } from './edge/resume-routes.ts';
import { registerRoomPage } from './edge/room-page-routes.ts';
import { collectMethods, createServer, refuseOtherMethods } from './edge/server.ts';
import { visitorRoutes } from './edge/visitor-routes.ts';
import { visitorSentence } from './edge/visitor-sentence.ts';
import { readWidgetAssets } from './web/widget-assets.ts';
import type { Service } from './app-service.ts';

const publicBodyBytesMax = 4 * 1_024;
const internalBodyBytesMax = 64 * 1_024;

/** What visitors, their browsers and proxies ask. */
export async function publicListener(
  {
    waitingRoom,
    rooms,
    passes: passSigner,
    lookInPerson: look,
    metrics,
    sockets,
    emails,
    gate,
    clock,
    log,
  }: Service,
  { trustedProxies, joinsPerMinutePerPrefix, publicUrl }: Config,
  strictResponses: boolean,
): Promise<FastifyInstance> {
  const onUnreadable = unreadable({ listener: 'public', log, metrics });
  const bodyBytesMax = publicBodyBytesMax;
  const app = createServer({ trustedProxies, strictResponses, bodyBytesMax, onUnreadable });
  const joinLimit = prefixLimit(clock, { name: 'join', perMinute: joinsPerMinutePerPrefix });
  const resumeLimit = prefixLimit(clock, { name: 'resume', perMinute: resumeTriesPerMinute });
  const pages = otherPages(rooms, publicUrl);
  const noteRefusal = answerProblems(app, {
    listener: 'public',
    log,
    metrics,
    sentence: visitorSentence,
    prepare: (request, reply) => pages.letRead(request, reply),
  });
  const methods = collectMethods(app);
  await describeApi(app, 'public', publicUrl);
  sockets.register(app, onUnreadable);
  visitorRoutes(app, {
    waitingRoom,
    rooms,
    passes: passSigner,
    joinLimit,
    metrics,
    otherPages: pages,
    clock,
  });
  resumeRoutes(app, { waitingRoom, publicUrl, resumeLimit });
  const emailLimit = prefixLimit(clock, { name: 'email', perMinute: emailAsksPerMinute });
  const emailParts = emails && { notices: emails.notices, emailLimit };
  if (emailParts) emailRoutes(app, { ...emailParts, rooms });
  registerRoomPage(app, {
    waitingRoom,
    rooms,
    lookInPerson: look,
    clock,
    publicUrl,
    joinLimit,
    resumeLimit,
    emails: emailParts,
    noteRefusal,
  });
  registerWidget(app, readWidgetAssets());
  gateRoutes(app, { gate, count: gateCounts(metrics, rooms) });
  app.after(() => refuseOtherMethods(app, methods));
  return app;
}

/** What operators, origins and machines that watch ask. */
export async function internalListener(
  { sessions, gate, rooms, metrics, sockets, ready, apiKeys, alarms, features, clock, log }: Service,
  { trustedProxies, smtpUrl }: Config,
  { strictResponses, publicServer }: { strictResponses: boolean; publicServer: FastifyInstance },
): Promise<FastifyInstance> {
  const onUnreadable = unreadable({ listener: 'internal', log, metrics });
  const bodyBytesMax = internalBodyBytesMax;
  const app = createServer({ trustedProxies, strictResponses, bodyBytesMax, onUnreadable });
  answerProblems(app, { listener: 'internal', log, metrics, sentence: () => null });
  const methods = collectMethods(app);
  await describeApi(app, 'internal', '/');
  const requireScope = apiKeys.guard(app);
  originRoutes(app, { sessions, gate }, requireScope);
  previewRoutes(app, { rooms, clock, offersEmail: smtpUrl !== null }, requireScope);
  for (const feature of features) feature.register?.(app, requireScope);
  probes(app, { ready, rooms, metrics, sockets: () => sockets.size, measure: alarms.measure });
  apiPageRoutes(app, publicServer);
  app.after(() => refuseOtherMethods(app, methods));
  return app;
}
