{{- define "lanner.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "lanner.fullname" -}}
{{- $name := include "lanner.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "lanner.selectorLabels" -}}
app.kubernetes.io/name: {{ include "lanner.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "lanner.labels" -}}
{{ include "lanner.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "lanner.serviceAccountName" -}}
{{- ternary (default (include "lanner.fullname" .) .Values.serviceAccount.name) (default "default" .Values.serviceAccount.name) .Values.serviceAccount.create -}}
{{- end -}}

{{- define "lanner.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "lanner.rulesConfigMap" -}}
{{- if .Values.rulesConfigMap -}}
{{- .Values.rulesConfigMap -}}
{{- else if .Values.rules -}}
{{- printf "%s-rules" (include "lanner.fullname" .) -}}
{{- end -}}
{{- end -}}

{{- define "lanner.prepares" -}}
{{- $data := and (eq .Values.data.type "hostPath") .Values.data.prepare -}}
{{- if and (not .Values.audit.runAsRoot) (or $data (and .Values.audit.enabled .Values.audit.grantGroupRead)) -}}
yes
{{- end -}}
{{- end -}}

{{/* What no schema can say: values that contradict each other. */}}
{{- define "lanner.check" -}}
{{- $v := .Values -}}
{{- if not (or $v.audit.enabled $v.webhook.enabled $v.config.sources) -}}
{{- fail "no source of audit events: set audit.enabled or webhook.enabled" -}}
{{- end -}}
{{- if and $v.audit.runAsRoot $v.audit.grantGroupRead -}}
{{- fail "audit.runAsRoot and audit.grantGroupRead are two ways to the same end: set one of them" -}}
{{- end -}}
{{- if and $v.rules $v.rulesConfigMap -}}
{{- fail "rules and rulesConfigMap are two places for the same files: set one of them" -}}
{{- end -}}
{{- if eq $v.kind "Deployment" -}}
{{- if $v.audit.enabled -}}
{{- fail "kind: Deployment does not run beside the audit log: set audit.enabled=false and webhook.enabled=true, or kind: DaemonSet" -}}
{{- end -}}
{{- if eq $v.data.type "hostPath" -}}
{{- fail "kind: Deployment may move to another node and lose data in a hostPath: set data.type to persistentVolumeClaim" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* lanner.yaml: what the values give, and `config` laid over it. */}}
{{- define "lanner.config" -}}
{{- $v := .Values -}}
{{- $sources := list -}}
{{- if $v.audit.enabled -}}
{{- $sources = append $sources (dict "type" "file" "path" (printf "%s/%s" (trimSuffix "/" $v.audit.folder) $v.audit.file) "start" $v.audit.start) -}}
{{- end -}}
{{- if $v.webhook.enabled -}}
{{- $hook := dict "type" "webhook" "listen" (printf "0.0.0.0:%d" (int $v.webhook.port)) "path" $v.webhook.path -}}
{{- if $v.webhook.tls.secretName -}}
{{- $tls := dict "cert" "/etc/lanner-tls/tls.crt" "key" "/etc/lanner-tls/tls.key" -}}
{{- if $v.webhook.tls.clientCaKey -}}
{{- $_ := set $tls "client_ca" (printf "/etc/lanner-tls/%s" $v.webhook.tls.clientCaKey) -}}
{{- end -}}
{{- $_ := set $hook "tls" $tls -}}
{{- end -}}
{{- if $v.webhook.token.secretName -}}
{{- $_ := set $hook "token_file" (printf "/etc/lanner-token/%s" $v.webhook.token.key) -}}
{{- end -}}
{{- $sources = append $sources $hook -}}
{{- end -}}
{{- $config := dict "data" "/var/lib/lanner" "sources" $sources -}}
{{- $_ := set $config "archive" (dict "cluster" $v.cluster) -}}
{{- $_ := set $config "outputs" (list (dict "type" "stdout" "format" "json")) -}}
{{- $listen := ternary "0.0.0.0" "127.0.0.1" $v.web.service.enabled -}}
{{- $_ := set $config "web" (dict "enabled" $v.web.enabled "listen" (printf "%s:%d" $listen (int $v.web.port))) -}}
{{- $hostname := default (ternary $v.cluster "" (eq $v.kind "Deployment")) $v.hostname -}}
{{- if $hostname -}}
{{- $_ := set $config "hostname" $hostname -}}
{{- end -}}
{{- if include "lanner.rulesConfigMap" . -}}
{{- $_ := set $config "rules" (dict "files" (list "/etc/lanner/rules")) -}}
{{- end -}}
{{- toYaml (mergeOverwrite $config (deepCopy $v.config)) -}}
{{- end -}}
