{{/* The name that every object begins with. */}}
{{- define "guichet.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "guichet.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "guichet.name" .) }}
{{- end }}

{{/* What selects the pods; never changes between versions. */}}
{{- define "guichet.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "guichet.labels" -}}
{{ include "guichet.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The secrets in use: name of the value -> variable of the service. */}}
{{- define "guichet.secretVariables" -}}
signingKeys: GUICHET_SIGNING_KEYS_FILE
redisUrl: REDIS_URL_FILE
adminKey: GUICHET_ADMIN_KEY_FILE
operatorKey: GUICHET_OPERATOR_KEY_FILE
viewerKey: GUICHET_VIEWER_KEY_FILE
originKey: GUICHET_ORIGIN_KEY_FILE
smtpUrl: GUICHET_SMTP_URL_FILE
{{- end }}

{{/* What the schema cannot say: values that do not go together. */}}
{{- define "guichet.assertValues" -}}
{{- $withRedis := ne .Values.secrets.redisUrl.secretName "" }}
{{- if and $withRedis (eq .Values.secrets.signingKeys.secretName "") }}
{{- fail "secrets.signingKeys is required with secrets.redisUrl: replicas share their signing keys (npm run guichet -- keys new FILE)" }}
{{- end }}
{{- if and (not $withRedis) (gt (int .Values.replicaCount) 1) }}
{{- fail "replicaCount above 1 needs secrets.redisUrl: without Redis each replica would have a queue of its own" }}
{{- end }}
{{- if and (not $withRedis) (gt (int .Values.settings.redisWaitReplicas) 0) }}
{{- fail "settings.redisWaitReplicas needs secrets.redisUrl" }}
{{- end }}
{{- if and (ne .Values.secrets.smtpUrl.secretName "") (eq .Values.settings.mailFrom "") }}
{{- fail "settings.mailFrom is required with secrets.smtpUrl: it is whom the e-mails are from" }}
{{- end }}
{{- $needed := add .Values.preStopSeconds (div (add .Values.settings.drainMs 999) 1000) 15 }}
{{- if lt (int .Values.terminationGracePeriodSeconds) (int $needed) }}
{{- fail (printf "terminationGracePeriodSeconds must be at least %d: preStopSeconds, drainMs, 5 s to close sockets, and 10 s to tell a Redis that is away how visits ended" (int $needed)) }}
{{- end }}
{{- end }}
